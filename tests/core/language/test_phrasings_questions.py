"""The many ways in which people ask about the list; none of them changes anything."""

import pytest

from kirotodo.core.language.types import Query
from tests.core.language.said import actions

ASKED = """
what's on my shopping list
read me my todo list
is there anything on my calendar for tomorrow
what time is my dentist appointment
am i free on friday afternoon
have i got anything on tonight
did i add eggs to my shopping list
do i have any meetings today
tell me what i have to do today
what do i still need to buy
can you check if milk is on my list
whats my next appointment
show shopping
list my groceries
what reminders do i have for today
pull up my grocery list
could you tell me if i have plans on saturday
when is my next meeting with dave
how many things are on my to do list
what does my week look like
what's happening this weekend on my calendar
is bread on the shopping list
are there eggs on the grocery list
does my shopping list have coffee on it
i want to hear my to do list
let me hear what is on my calendar for monday
go over my reminders please
what have i got planned for june third
who am i meeting with at four
where is my two o'clock meeting
do i have to work on saturday
when do i have to pick up the kids
am i busy at three pm
anything on my agenda for today
what lists do i have
give me a rundown of my day
olly what's the next event in my schedule
what events do i have coming up
i forgot what was on my shopping list
can you see if i put cheese on the grocery list
check my calendar for march second
check to see if i have lunch plans on wednesday
how long is my meeting with the boss
what is left on my to do list
tell me the items on my shopping list
open my shopping list
find my list of chores
what was i supposed to remember
what did i want to be reminded of
remind me what's on my list
remind me what time my meeting is
did i already schedule the vet
is the meeting still on for thursday
have i scheduled my haircut yet
was laundry on my list
i need to know my schedule for next week
please read back my list
what's my schedule like on tuesday
what items do i have on my grocery list
tell me if i put butter on my shopping list
have i put detergent on my list
could you read my shopping list aloud
i can't remember if i added eggs to the list
i need to know if avocados are on my list
what do i need from the store
what groceries do i need
whats on the list
display my to dos
please tell me what tasks i have left
what are my tasks
what's the first thing on my to do list
is dusting on my to do list
is there laundry on my to do list
did i put cleaning the oven on my todo list
show me everything i need to do this week
what chores do i have left to do
what's next on my list
what was the last thing i added to the list
i'd like to see my shopping list please
could i see my agenda
bring up the list of groceries
what have i set reminders for
do i have a reminder for the dentist
did i set a reminder to call bob
was there something i was supposed to do at three
tell me my reminders for tomorrow
are there any reminders set
read all my reminders
what was that reminder about mom
when was i supposed to be reminded about the oven
what events are on my calendar in august
when is dad's birthday
what day is my appointment with dr jones
what time does the staff meeting start
how much time do i have until my next meeting
do i have time for lunch at noon
is my afternoon free
is tuesday open
is anything scheduled for the weekend
am i available on the fifth at ten
am i doing anything on saturday night
have i anything on for sunday
is there a meeting at two
do i have any birthdays this month
what do i have between two and five
how's my schedule looking friday
hows my day looking
what's up for today
what am i doing on friday
find out when my car inspection is
look up my next haircut
search my calendar for dentist
tell me about my meeting tomorrow
give me details on the event on saturday
where am i supposed to be at nine
who's coming to dinner on friday
can you check my schedule for conflicts
check for any appointments on thursday
let me know what's on my plate today
let me know if i have something on the ninth
any events today
any plans for tonight
meetings today
today's events please
my schedule for tomorrow
calendar for march
upcoming appointments
can you tell me which days i'm free next week
please check whether the dentist is on my calendar
olly do i have a list for groceries
which lists do you have
do i have any lists
how many lists are there
olly do i need anything from the store
i need to see what's on my list
i wanna know what's on my calendar for today
i want to know whether i have any free time tomorrow
is it on my list to buy bread
what vegetables are on my shopping list
do we have olive oil on the shopping list
do i need to pick up bread
have i added coffee to my shopping list yet
can you confirm that bananas are on the list
see if tea is on my grocery list
verify that i have eggs on my shopping list
what did i put on my shopping list
what else do i need to buy
what all is on my shopping list
list everything on my shopping list
run through my shopping list with me
repeat my shopping list
tell me what my list says
how long is my to do list
how many items are left on my shopping list
anything left to do today
can you list off my tasks for the day
what should i do next
what needs to get done today
what do i gotta do today
what jobs do i have left
is mopping the floor on there
did i finish all my tasks
what's due this week
which tasks are due friday
what's overdue
show completed tasks
what have i completed so far
is there anything i should be doing right now
have i any reminders
pull up my reminders
let me see the reminders i have
what do you have to remind me about
what did i ask you to remind me to do
when are you going to remind me about the laundry
is there a reminder for trash day
list reminders
reminders list please
what reminders have i set for next week
am i forgetting anything today
what was i going to do at noon
any birthdays coming up
what's on for the weekend
whats going on tomorrow
what does tomorrow look like
when am i free next week
when's my next free day
when do i see the dentist
when does school start according to my calendar
when is the wedding
what time did i schedule yoga for
what's the location of tomorrow's meeting
where's the party on saturday
where is my first appointment today
with whom do i have a meeting at ten
who is attending the kickoff
how many meetings do i have this week
how many days until my vacation
how busy is my week
do i have something at 5
"""


@pytest.mark.parametrize("text", ASKED.strip().splitlines())
def test_a_question(text: str) -> None:
    assert {type(each) for each in actions(text)} == {Query}
