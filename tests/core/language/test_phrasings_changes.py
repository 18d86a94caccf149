"""The many ways in which people ask to take something off the list, to finish it, to begin or drop a list, or ask
for too little to go on; each with the words that name what is meant, where there are some."""

import pytest

from kirotodo.core.language.evaluation import answer
from tests.core.language.said import NOW

DELETE = """
take cheese off my grocery list => cheese
scratch onions off the shopping list => onions
cancel my dentist appointment on thursday => dentist appointment
remove the meeting with steve from my calendar => meeting with steve
delete yoga from my schedule => yoga
get rid of bananas on my shopping list => bananas
please take off the eggs from my shopping list => eggs
i no longer need bread on my shopping list => bread
i already bought milk so take it off the list => milk
drop ice cream from the list => ice cream
can you erase call bob from my to do list => call bob
remove reminder to take pills => take pills
cancel the reminder about the party => party
delete my 3 o'clock meeting => meeting
cancel lunch with rachel => lunch with rachel
unschedule my haircut => haircut
strike paper towels from the shopping list => paper towels
i want strawberries removed from my shopping list => strawberries
i don't want soda on my list anymore => soda
nix the peanuts on the grocery list => peanuts
the barbecue got cancelled so take it off my calendar => barbecue
from my to do list remove mow lawn => mow lawn
i need the dinner on friday removed from my calendar => dinner
please cancel my appointment with dr smith => appointment with dr smith
i need to cancel my two pm
remove ketchup => ketchup
delete the last item on my list
take milk and eggs off my shopping list => milk; eggs
remove buy stamps from my tasks => buy stamps
the concert is off remove it from my calendar => concert
take the party off of my calendar for saturday => party
can you delete tomorrow's lunch => lunch
i'm not going to the gym tomorrow cancel it => gym
i don't have to go to the dentist anymore so remove that from my calendar => dentist
my meeting was cancelled please remove it => meeting
we don't need paper towels anymore take them off the list => paper towels
eliminate tofu from the shopping list => tofu
remove my next event
remove the appointment i have at four => appointment
can you please get rid of my meeting at ten => meeting
i'd like to remove carrots from my list => carrots
could you delete the reminder for the dentist => dentist
forget the reminder about bob => bob
remove kale and spinach from the grocery list => kale; spinach
remve bananas from my list => bananas
"""
COMPLETE = """
i finished cleaning the garage => cleaning the garage
mark laundry as done => laundry
check off walking the dog => walking the dog
tick off milk on my shopping list => milk
i'm done with the dishes => dishes
cross off buy stamps => buy stamps
set mow the lawn to complete => mow the lawn
the report is done => report
done with the laundry => laundry
i did the dishes => dishes
finished mowing the lawn => mowing the lawn
mark the first item as complete
mark pay bills complete => pay bills
task 4 is done => 4
check eggs off my list => eggs
tick the dishes => dishes
check bread as bought on the shopping list => bread
check off milk from my shopping list => milk
i have finished the report => report
i completed my workout => workout
mark task one as finished => 1
mark everything as done
mark my laundry task off => laundry
laundry is finished => laundry
can you check eggs off the list => eggs
finished with the taxes => taxes
i've done the dishes => dishes
mark buy groceries as complete on my to do list => buy groceries
please check walk the dog off of my to do list => walk the dog
"""
CLEAR = """
wipe my calendar
clear my shopping list
get rid of everything on my to do list
empty the grocery list please
delete all my reminders
clear everything off my calendar for friday
start my shopping list over
remove everything from the list
erase my whole todo list
i want my to do list wiped clean
clear tuesday on my calendar
wipe out my shopping list
delete everything on my calendar
please empty my list
clear all items on the grocery list
clear out my schedule for tomorrow
remove all events from next week
get everything off my shopping list
take all the items off my list
i want to clear my calendar for the weekend
make my to do list blank
please remove all my tasks
delete all completed tasks
cancel everything for today
reset my grocery list
nuke my to do list
empty out my shopping list
remove each item from my shopping list
please delete all of my to do items
clear off my to do list
clear my schedule for the rest of the day
clear my friday
wipe everything off my schedule
cancel all my plans for tonight
cancel everything on monday
cancel all events
free up my calendar on thursday
everything on my shopping list can be deleted
delete all
remove all the tasks on my to do list
wipe everything from my to do list
get rid of all of the events on my calendar
take everything off of my grocery list
clear all my reminders please
i need my to-do list emptied
"""
CREATE_LIST = """
start a new list called vacation ideas => vacation ideas
make me a list
create a list for camping gear => camping gear
begin a christmas list => christmas
i want to start a grocery list => grocery
new list called party supplies => party supplies
can you make a new list for me
set up a list for books to read => books to read
please open a new shopping list => shopping
i'd like to create a list
create grocery list => grocery
i need a new list for school => school
start a list of gifts for mom => gifts for mom
could you begin a new list named errands => errands
create a list titled goals => goals
make a checklist for the trip => the trip
start up a new list
generate a shopping list for me => shopping
add a list called recipes => recipes
build me a list of people to invite => people to invite
create new list
olly start a new list please
let's make a list
make a grocery list => grocery
make me a new list called work => work
let's start a shopping list => shopping
create a list of things to pack => things to pack
i wanna make a list for the hardware store => the hardware store
i'd like a new list for birthdays => birthdays
need a new list
open up a list for movies i want to see => movies i want to see
please prepare a list for guests => guests
can you start me a bucket list => bucket
write a new list
create a blank list => blank
new list
create another list for the kids => the kids
create a new shopping list named weekend => weekend
can you make a list of ingredients for chili => ingredients for chili
i want a list of my favorite songs => my favorite songs
please add a new list for workouts => workouts
create a list called garden => garden
start new list
set up a new list for me called budget => budget
i would like to have a new list
"""
DELETE_LIST = """
delete my packing list => packing
remove the list called movies => movies
get rid of my christmas list => christmas
i don't need my camping list anymore => camping
trash the grocery list => grocery
remove one of my lists
throw out my old to do list => old
discard this list
please get rid of the shopping list => shopping
delete the list of movies => movies
i want to delete a list
i want to get rid of my reading list => reading
remove grocery list => grocery
take away the errands list => errands
delete the entire shopping list => shopping
remove the list of guests => guests
delete this list please
remove my lists
"""
CLARIFY = """
remind me
set a reminder
add something to my shopping list
i need to add an item to my list
can you add an event to my calendar
add an item
remind me of something
delete an item from my list
schedule an event
put something on my to do list
i want a reminder set
put an event on my calendar
i need to make an appointment
i'd like you to remind me of something
make a reminder
can you remind me please
add stuff to my list
add to my shopping list
i need something added to my calendar
new reminder
create an event
remind me to do something
can you schedule something
olly add to list
can you set up a reminder
remind me again in a bit
could you put something on my calendar
create reminder please
i have something to add to my list
i want to add something to my list
i need you to remind me about something
i want to make a new reminder
let me add something to my calendar
please add a new item on the list
add item to list
add a task
add event
remove item from my shopping list
remove an event from my calendar
erase a reminder
schedule a new event
i want to add an event
put in a new reminder
remind me to do it
i need to put something on the list
"""

TABLES = {
    "delete": DELETE,
    "complete": COMPLETE,
    "clear": CLEAR,
    "create_list": CREATE_LIST,
    "delete_list": DELETE_LIST,
}
TABLES["clarify"] = CLARIFY
ROWS = [(op, *line.partition(" => ")[::2]) for op, said in TABLES.items() for line in said.strip().splitlines()]


@pytest.mark.parametrize(("op", "text", "words"), ROWS)
def test_a_change(op: str, text: str, words: str) -> None:
    found = answer({"text": text, "now": NOW.isoformat()})["actions"]
    assert {each["op"] for each in found} == {op}
    assert "; ".join(item for each in found for item in each["items"]) == words
