"""What other assistants are asked to do, and what is only told: it changes nothing here and lists nothing."""

import pytest

from kirotodo.core.language.types import Clarify, Confirm, Help, No, OutOfScope, Pick, Smalltalk, Yes
from tests.core.language.said import actions

NOT_OURS = """
set an alarm for seven am
wake me up at six tomorrow
start a timer for ten minutes
play some jazz
what's the weather like tomorrow
send a text to my brother saying i'm late
turn off the kitchen lights
transfer fifty dollars to savings
how tall is mount everest
tell me a joke
add this song to my playlist
add john to my contacts
skip this track
what's the date today
remove the lamp from the living room scene
order a large pepperoni pizza
post on facebook that i got a new job
set the thermostat to seventy
increase the volume
delete all my emails from spam
what's my bank balance
cancel my hotel reservation
schedule an uber for nine
start the vacuum
put the lights on low
how many calories are in a banana
read me the news
lists are useful
i hate meetings
i bought a new car yesterday
thank you so much
never mind
that's a great list
can you help me write an essay about shopping
report my card as stolen
change your name to max
speak more slowly please
switch to spanish
is it going to rain on saturday
convert ten dollars to euros
put my phone on silent
cancel my gym membership
close my checking account
freeze my card
drop a pin at my location
set my alarm to go off at five thirty
cancel my alarm
i need a fifteen minute timer
remind me what the capital of france is
play my workout playlist
remove this song from the queue
delete the last text i sent
read my last email
send an email to dad and tell him happy birthday
tweet that i am at the beach
add a contact for the pizza place
create a new playlist called summer
make a playlist
turn the bedroom light blue
start the coffee maker at seven
clean the floor with the robot
close the blinds
lower the music
what time is it in tokyo
how do i make lasagna
how long do i cook a turkey
find me a restaurant nearby
book a table for two at seven
get me a taxi
what's the traffic like on the way to work
is my flight on time
add my new credit card to my account
update my shipping address
increase my credit limit
pay my credit card bill tomorrow
move money from checking to savings
check my credit score
request time off for july first through fifth
order more checks
give me a random number
flip a coin
what's the meaning of life
are you a robot
what can i ask you
add five and seven
what is ten plus ten
remove the virus from my computer
clear my browser history
delete my account
drop the temperature to sixty eight
finish the joke
cross my heart
take me home
put on some music
check the oven temperature
schedule the sprinklers to run at six
set the table
set a timer
how much time is left on my timer
wake me at eight on saturday
change my alarm from six to seven
what song is this
shuffle my music
add this to my favorites
add kelly's number to my phone
remove lucy from my contacts
text mark that i'll be there at five
did anyone email me today
reply to the last email saying ok
check my voicemail
dim the lights in the hallway
lock the front door
is the garage door closed
turn the heat down
order me some paper towels from amazon
track my package
i need a recipe for pancakes
what ingredients go in guacamole
how far is the moon
who is the president of brazil
define ephemeral
translate good morning into german
spell restaurant
what's fifteen percent of eighty
what's the stock price of apple
what's the exchange rate for yen
when is my rent payment due from my bank
i lost my wallet
my card was declined
set up direct deposit
roll over my 401k
what are your hobbies
do you like shopping
i went shopping yesterday
we had a meeting about the list
she made a list
the meeting was boring
i'm so tired today
good morning
maybe
stop talking
repeat that
cancel
sing me a song
how do i remove a stain from a shirt
drop me off at work
move to the next song
put the car in reverse
start my car
remove ads from the app
find my phone
take a picture
take a memo
turn on the porch light at eight
what is the humidity outside
is there a train to boston in the morning
recommend a good book
did my takeaway order go through
show me the latest news
tweet my complaint to the airline
what's new on twitter
add a new email address to my contacts
send bob an email with the meeting agenda
are there any new emails from kate
start the audiobook from where i left
save this station
i like this song
make the lights brighter
what is the square root of nine
how old is tom hanks
who wrote hamlet
remove dark mode
let's play chess
start a game of trivia
explain the offside rule
what's the recipe for a cheesecake
give me the exchange rate between euro and dollar
what's the time in delhi right now
set the time zone to eastern
lower the brightness by ten percent
i need a ride to the airport at nine
send my location to ann
pay bob twenty dollars for lunch
dispute a charge on my card
can you increase my card limit
my flight got cancelled
cancel my order
cancel my subscription
remove my payment method
mark my email as read
mark all messages as read
rent a car from monday to friday
look up reviews for that restaurant
what's on the menu
do i need an umbrella
do i need a visa for india
i'm going to the store
i need to relax
can you add up these numbers for me
put twenty dollars in my savings account
put a freeze on my bank account
put my card on hold
add two cups of flour to the recipe
add a travel notice to my account
set my phone to vibrate
set the volume to three
set the brightness to max
make a reservation for four at luigi's at six
make my voice louder
make the room warmer
create a new account for me
create a password
start playing the beatles
start the dishwasher
move my money to checking
move forward thirty seconds
change my pin number
change the channel to four
change my language settings to french
change the song
update my software
update me on the election
delete the app
delete my last message
cancel my uber
cancel my flight to boston
cancel the pizza order
drop the volume a little
take me to the nearest hospital
check me in for my flight
complete my transfer
finish playing this track
close the app
reset my password
reset the router
clear the cache
clear my search history
empty the robot vacuum
wipe my phone
let mom know i'll be late
order a cab for five pm
get directions to the mall
i need a new credit card
i need to report fraud
i need to know how to fix a flat tire
i want to hear some rock
i would like to apply for a loan
i would like to cancel my policy
what a day
"""
HARMLESS = (Clarify, Confirm, Help, No, OutOfScope, Pick, Smalltalk, Yes)


@pytest.mark.parametrize("text", NOT_OURS.strip().splitlines())
def test_somebody_elses_job(text: str) -> None:
    assert all(isinstance(each, HARMLESS) for each in actions(text)), actions(text)
