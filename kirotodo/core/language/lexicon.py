"""The one lexicon: every word class that forms are written with. `{add}` in a form stands for the words of `add` here.

Phrases are separated by blanks; an underscore stands for the blank within one. Nothing here decides anything.
"""

from functools import cache
from typing import Final

from kirotodo.core.language.when.tokens import word_set

CLASSES: Final[dict[str, str]] = {
    # --- around a wish
    "filler": "um uh er erm ehm hmm hm like well so okay ok oh ah right yeah yep alright anyway basically now just "
    "actually also and then plus but eh oops sorry you_know i_mean i_guess i_think let's_see let_me_see let_me_think "
    "come_to_think_of_it by_the_way btw for_now next_thing_is next_one_is next_up_is first_thing_is another_thing_is "
    "one_more_thing the_next_thing_is last_thing_is i_was_thinking i_was_thinking_that "
    "i_was_thinking_maybe go_on_then right_then ok_then after_that afterwards",
    "wake": "hey hi hello yo hiya dear kiro kirotodo olly pda alexa siri google ok_google hey_google computer "
    "assistant good_morning good_evening good_afternoon",
    "polite": "instead please pls plz kindly quickly go_ahead_and be_sure_to make_sure_to make_sure_you "
    "make_sure_that_you make_sure_and do_me_a_favor_and just simply possibly maybe perhaps",
    "request": "are_you_able_to may_i_suggest_we may_i_suggest i_suggest_we can_you could_you would_you will_you "
    "can_u could_u can_ya would_it_be_possible_to_ is_it_possible_to would_it_be_possible_to i_want_you_to "
    "i_need_you_to i_need_for_you_to i_would_like_you_to i'd_like_you_to i_would_like_for_you_to i'd_like_for_you_to "
    "would_you_mind i_want_to_have_you can_i_get_you_to could_i_get_you_to can_i_have_you could_i_have_you can_i "
    "could_i may_i have_you i'd_like_it_if_you_could i'd_appreciate_it_if_you_could it_would_be_great_if_you_could "
    "i_was_hoping_you_could i_was_wondering_if_you_could i_wonder_if_you_could you_can you_could you_should you_may "
    "you_need_to help_me have_my_phone if_you_could if_you_can i_ask_you_to can_we could_we let's let_us "
    "i'd_like_you_to_please can't_you won't_you why_don't_we why_don't_you shall_we should_we",
    "wish": "i_want need_to have_to gotta want_to must let_me i_keep_forgetting_to i_keep_meaning_to "
    "i've_been_meaning_to it'd_be_good_to it_would_be_good_to it_would_be_nice_to it'd_be_nice_to time_to "
    "it's_time_to high_time_to i_think_i_should i_think_i'll i_suppose_i_should i_guess_i_should i_was_thinking_of "
    "the_plan_is_to my_plan_is_to remember_i_need_to can't_forget_to mustn't_forget_to",
    "modal": "need_to want_to would_like_to 'd_like_to like_to wanna gotta love_to would_love_to wish_to "
    "going_to have_to got_to must should ought_to will_need_to will_have_to had_better better am_going_to are_going_to "
    "am_to plan_to intend_to will_want_to",
    "level": "urgent important priority asap urgently top high critical",
    "hedge": "maybe perhaps possibly",
    "tail": "please pls plz kindly thanks thank_you thx cheers for_me too as_well also now right_now immediately soon "
    "asap if_you_can if_you_could if_you_would if_you_please if_you_don't_mind i_would_appreciate_it "
    "i'd_appreciate_it would_you will_you could_you can_you ok okay right_away asap_please that_would_be_great kiro "
    "kirotodo olly alexa siri google then obviously after_all at_once anyway would_be_great already today_please "
    "any_more anymore any_longer it_would_be_great i_appreciate_it that_would_be_nice for_good",
    "own": "the my our a an this that your his her their some all_my all_the all_of_my all_of_the one_of_my any_of_my "
    "both these those any",
    "article": "the my our a an some this that",
    "be": "is are was were 's 're has_been have_been got been 'm am be will_be 'll_be gets",
    "have": "have has had 've",
    "adv": "really very just now already finally all actually also still quite so pretty extremely super too even "
    "definitely probably only been being getting yet most far",
    "not": "not n't no never",
    "i": "i we",
    # --- verbs of the list
    "add": "add put stick throw pop include insert place append toss jot note write log enter drop pencil_in put_down "
    "jot_down write_down note_down mark_down take_down put_in put_up stick_on re-add readd chuck slap slip bring "
    "set_down bung whack shove tack tack_on lob sling plonk stuff",
    "create": "create assign make set set_up setup get give open generate prepare build begin start start_up open_up "
    "new write do_up make_up need i_need i_want want i'd_like would_like",
    "schedule": "schedule arrange organize organise set_up setup book plan make set create block block_off block_out "
    "reserve put_in pencil_in hold save",
    "remove": "remove delete erase cancel drop scratch strike discard trash eliminate unschedule nix wipe dismiss "
    "get_rid_of take_away x_out scrap bin ditch purge rub_out strike_out do_away_with call_off forget forget_about "
    "delete_out scrub dump junk lose kill get_shot_of",
    "off": "take scratch strike knock get pull leave wipe rub strip lose lift",
    "finish": "complete finish check tick mark_off check_off tick_off cross_off close resolve wrap_up sign_off "
    "finish_off",
    "mark": "mark set flag check tick put make call consider count cross",
    "done": "done complete completed finished as_done as_complete as_completed as_finished as_don bought "
    "as_bought as_paid paid checked_off ticked_off sorted taken_care_of ticked checked out_of_the_way handled "
    "as_sorted to_complete to_done to_completed closed wrapped_up as_handled in_the_bag settled dealt_with",
    "gone": "cancelled canceled called_off off not_happening scrapped postponed_indefinitely obsolete irrelevant "
    "no_longer_needed not_needed no_longer_necessary moot dead not_necessary unnecessary void",
    "undone": "not_done undone not_complete incomplete not_finished unfinished as_not_done as_undone as_incomplete "
    "open as_open still_open not_done_yet as_unfinished pending as_pending as_not_complete as_not_completed "
    "not_completed unchecked as_unchecked active to_not_done to_undone",
    "reopen": "reopen re-open unmark uncheck untick uncomplete un-complete restore bring_back",
    "move": "move reschedule shift push postpone change bump switch delay put set bring transfer pull defer slide "
    "drag snooze push_back push_out put_off put_back move_back bring_forward move_forward move_up pull_forward "
    "hold_off_on hold_off kick shunt shove swap update adjust make do prepone push_forward carry_over advance file "
    "stick "
    "merge keep",
    "rename": "rename retitle call reword rephrase title",
    "change": "change edit update modify correct fix alter make set switch turn give",
    "tagging": "tag label flag mark",
    "untag": "untag unlabel",
    "clear": "clear empty wipe erase reset nuke clean_out clear_out wipe_out empty_out clear_off clear_up blank_out "
    "wipe_clean purge flush start_over free_up blank clean_up clean tidy_up",
    "skip": "skip miss leave_out jump omit pass_over",
    "remind": "remind reminds reminding reminded be_reminded remined alert notify nudge ping warn prompt prod beep "
    "buzz poke",
    "remember": "remember don't_forget don't_let_me_forget make_sure_i_remember make_sure_i_don't_forget "
    "make_sure_that_i make_sure_i help_me_remember i_can't_forget i_must_not_forget i_mustn't_forget "
    "i_should_not_forget i_shouldn't_forget note_to_self keep_in_mind i_have_to_remember i_need_to_remember "
    "i_must_remember i_should_remember i_want_to_remember never_forget do_not_forget do_not_let_me_forget "
    "don't_forget_that bear_in_mind remember_that take_note note_that i_need_you_to_remember remember_for_me todo "
    "to-do to_do task new_task new_todo reminder",
    "reminder": "reminder reminders remainder notification alert heads_up heads-up",
    "show": "show filter filter_by display list read tell give see view check open pull_up bring_up get look_up "
    "look_at look_for "
    "search find find_out review repeat recite know go_over go_through run_down run_through summarize summarise "
    "describe count list_off list_out read_out read_off read_back read_through read_aloud print fetch recall recap "
    "say present verify confirm let_me_see let_me_know let_me_hear let_me_view hear tell_me_about go_to search_for "
    "iterate refresh browse hand pull check_on bring_me walk_me_through locate verify_that see_if check_if",
    "know": "know see hear find_out check tell_me look_at view read review find",
    # --- things
    "task": "task tasks to-do to-dos todo todos to_do to_dos item items thing things stuff entry entries reminder "
    "reminders remainder remainders event events activity activities engagement engagements plan plans chore chores "
    "errand errands notification notifications job jobs bit bits assignment assignments",
    "newtask": "task to-do todo to_do item thing event reminder entry chore activity all-day_event",
    "asker": "instruct know see hear find_out check tell tell_me let_me_know let_me_hear let_me_see let_us_know "
    "remind_me look look_up show_me show verify confirm wonder wondering curious forgot i_forgot i_can't_remember "
    "can't_remember i_don't_remember don't_remember i_wonder i'm_wondering i_don't_know read_me say ask inform_me "
    "give_me tell_me_about check_to_see look_to_see see_to_it figure_out remember remind i'm_curious",
    "one": "one ones task tasks item items thing todo to-do reminder event entry job",
    "every": "everything all each every anything all_of_it all_of_them the_lot",
    "list": "list lists dos tasks chores errands agenda calendar calendars calender schedule schedules diary planner "
    "backlog to-do to-dos todo todos to_do to_dos reminders inbox lsit cart basket itinerary",
    "generic": "to-do todo to_do to-dos todos to_dos task tasks reminder reminders calendar calender agenda schedule "
    "current whole entire pending daily full main own general default master open online google outlook iphone phone "
    "existing thing things stuff item items diary planner backlog event events chore_to_do next last first new "
    "personal_to_do to-do's todo's things_to_do things_to_remember tasks_to_do things_to_get_done task_to_do "
    "work_to_do inbox long running complete active entire_to_do upcoming same",
    "place": "shopping groceries grocery errands chores work home school personal family house housework garden "
    "office packing reading movies books wishlist wish_list bucket_list travel trip holiday finance finances health "
    "hobbies someday later ideas gifts presents party kitchen hardware pharmacy drugstore supermarket bills",
    "shop": "shopping groceries grocery supermarket hardware pharmacy drugstore packing store market shop",
    "onto": "to on onto in into under on_to down_on down_in in_to up_on with within",
    "from": "from off off_of out_of on in of",
    "called": "called named titled entitled",
    "event": "meeting meetings mtg appointment appointments appt event lunch dinner breakfast brunch party birthday "
    "anniversary wedding conference concert interview dentist doctor doctor's doctors vet haircut exam test class "
    "lesson call webinar seminar workshop standup stand-up deadline checkup check-up gym yoga practice training "
    "rehearsal game match ceremony graduation reunion trip vacation holiday visit drinks coffee review demo "
    "presentation session rent bill bills delivery pickup service church festival shower funeral date recital "
    "tournament barbecue bbq potluck gala meetup sleepover parade picnic orientation hearing surgery physical therapy "
    "massage facial cleaning tutoring lecture convention retreat fundraiser choir flight movie kickoff retro sprint "
    "playdate mot jab day inset cookout train closing opening shift checkin trial tour play show fair marathon race",
    "shopverb": "buy get grab fetch pick_up purchase order",
    "quit": "stop cease quit end",
    # --- priorities
    "high": "high urgent urgently important critical top highest crucial vital essential very_high",
    "medium": "medium normal moderate mid average med",
    "low": "low lowest unimportant minor trivial very_low",
    "none": "no none",
    "less": "not_urgent not_important not_that_important not_so_important less_important can_wait not_that_urgent "
    "no_rush no_hurry",
    "prio": "priority priorities prio importance urgency",
    # --- what forms pass over
    "undo": "undo un-do revert roll_back rollback reverse undelete take_back",
    "undoing": "it that this them those everything all_of_that all_that what_you_did what_i_did what_you_just_did "
    "what_i_just_did my the your last previous latest most_recent recent first",
    "undoable": "last previous change changes action actions command commands thing things step steps one ones edit "
    "edits operation deletion delete completion addition turn turns times time i_did you_did i_made again now please",
    "count": "1 2 3 4 5 6 7 8 9 one two three four five six seven eight nine ten couple couple_of",
    "wondering": "tell_me let_me_know check see confirm know verify look i_can't_remember i_forgot find_out wondering",
    "whether": "do did does have has is are was were had if whether haven't didn't isn't am",
    "noted": "have had put add added write got get set scheduled schedule include included remember_to create need to "
    "list listed forget plan planned mention remembered_to a an any some the my reminder for anything about event "
    "called item named down on_there noted",
    "dating": "is it W the current day date month year of_the_week and will are we in be what now please right_now "
    "today this on for tomorrow was 's",
    "upcoming": "on in to_do for today due K W up need have must got want going thing appointment meeting event "
    "should i do deadline is be list "
    "coming with begin start",
    "giving": "set put make create add give get leave send place need want have write i we would_like 'd_like new "
    "save set_up put_in schedule open activate",
    # --- short answers and talk
    "yes": "y yes yeah yep yup yea ya aye sure sure_thing of_course ok okay okey k kk fine alright all_right "
    "absolutely definitely certainly indeed correct right that's_right that_is_right that's_correct exactly "
    "affirmative confirm confirmed i_confirm i'm_sure i_am_sure yes_i_am go_ahead go_for_it go_on proceed continue "
    "do_it do_that please_do sounds_good sounds_great looks_good good perfect great approved approve i_approve agreed "
    "agree i_agree make_it_so by_all_means why_not you_bet totally that_works works_for_me that's_fine that_is_fine "
    "i_do i_would i'd_like_that true please that_would_be_great that_would_be_nice that_would_be_perfect "
    "that_would_be_lovely",
    "no": "n no nope nah nay no_way no_thanks no_thank_you not_now not_really not_yet of_course_not absolutely_not "
    "definitely_not certainly_not never never_mind nevermind cancel cancel_that cancel_it stop abort don't do_not "
    "don't_do_it do_not_do_it don't_do_that please_don't no_don't leave_it leave_them leave_it_be leave_them_alone "
    "forget_it forget_about_it forget_that wait hold_on neither none none_of_them none_of_those none_of_these "
    "neither_of_them neither_one neither_of_those negative deny denied i_don't_want_to i_don't_want_that "
    "i_don't_want_it rather_not i'd_rather_not false wrong that's_wrong not_that not_this keep_it keep_them let_it_be "
    "no_need i_changed_my_mind changed_my_mind i_disagree disagree",
    "answer_tail": "please thanks thank_you then now kiro kirotodo do_it go_ahead sir man dude that's_fine it_is "
    "cancel stop don't of_course delete_it delete_them do_that sure",
    "talk_lead": "ok okay great perfect cool nice awesome good oh and well i_think so very really",
    "talk_tail": "there kiro kirotodo everyone friend buddy again assistant bot a_lot so_much very_much for_that "
    "for_your_help for_the_help for_everything you that's_all man a_million a_bunch then now thanks today doing going "
    "feeling exactly really for_today for_now i_think",
    "greeting": "hi hello hey hiya howdy yo greetings good_morning good_afternoon good_evening good_day hi_there "
    "hello_there hey_there sup what's_up wassup morning evening",
    "thanks": "thanks thank_you thankyou thx ty cheers much_appreciated appreciate_it i_appreciate_it "
    "i_appreciate_that gracias merci many_thanks",
    "goodbye": "bye goodbye good_bye bye_bye see_you see_you_later see_you_soon see_you_tomorrow see_ya later "
    "farewell good_night goodnight ciao take_care have_a_good_day have_a_nice_day have_a_great_day have_a_good_one "
    "have_a_good_night have_a_good_evening have_a_good_weekend i'm_off talk_to_you_later ttyl that's_all that_is_all "
    "that's_everything that_is_everything i'm_done we're_done that's_it",
    "how_are_you": "how_are_you how_are_things how's_it_going how_is_it_going how_do_you_do how're_you "
    "how_have_you_been how_was_your_day are_you_ok are_you_okay are_you_well are_you_there are_you_awake "
    "are_you_happy you_there you_ok",
    "who_are_you": "who_are_you what_are_you what_r_u what's_your_name what_is_your_name tell_me_about_yourself "
    "are_you_human are_you_a_human are_you_a_robot are_you_a_bot are_you_an_ai are_you_ai are_you_real "
    "are_you_a_person are_you_a_real_person are_you_a_machine are_you_a_computer are_you_a_program are_you_chatgpt "
    "who_made_you who_created_you who_built_you introduce_yourself who_do_you_work_for how_old_are_you "
    "where_are_you_from",
    "praise": "good great nice awesome amazing cool perfect excellent wonderful fantastic brilliant helpful lovely "
    "impressive smart well_done good_job nice_work nice_one way_to_go love_it i_love_it i_love_this i_love_you "
    "i_like_it i_like_this wow haha lol lmao you_rock that's_great that's_good that's_awesome that's_perfect "
    "that's_nice you're_great you're_awesome you_are_great you're_the_best that's_a_great_list great_job",
    "apology": "sorry i'm_sorry i_am_sorry my_bad my_mistake oops whoops apologies sorry_about_that so_sorry",
    # --- fields of a task
    "due": "due_date date due_dates dates deadline deadlines due",
    "time": "time times hour",
    "recurrence": "recurrence repetition repeat repeats repeating",
    "notes": "note notes description comment comments details",
    "tags": "tag tags label labels",
    "without": "except but_keep but_leave but_spare but_hold_on_to but_save "
    "and_keep but apart_from except_for other_than besides excluding "
    "without minus but_not save_for bar aside_from leaving_out barring just_not all_but",
    "unlike": "isn't aren't ain't is_not are_not not has_nothing have_nothing having_nothing doesn't don't does_not "
    "do_not unrelated nothing",
    "belonging": "to_do_with related_to relate_to about for in on to of from with part_of belong_to belong due_to "
    "concern involve due",
    "aside": "at_the_moment at_this_moment at_present at_this_point for_the_moment for_the_time_being as_it_stands "
    "as_things_stand as_of_now these_days all_told all_in_all in_total in_all altogether overall on_the_whole "
    "by_any_chance so_far to_do_with written_down noted_down jotted_down put_down got_down marked_down up_for "
    "supposed_to meant_to looking_like exactly currently presently if_anything at_all too as_well over_there "
    "still_to_do still_left left_over to_go to_come going_spare",
    "clash": "clash clashes clashing conflict conflicts conflicting overlap overlaps overlapping collide collides "
    "coincide coincides interfere interferes get_in_the_way in_the_way double-booked double_booked",
    "fullness": "free empty clear full fullest busy busiest quiet quietest freest emptiest lightest heaviest packed "
    "light open available spare worst",
    "anything": "anything something any some what nothing everything",
    "instead": "instead_of rather_than not in_place_of",
    # --- words of edits
    "weakly": "set put make do schedule file keep get give have stick pop throw chuck add slip turn see bring",
    "ranking": "bump_up flag raise lower upgrade downgrade prioritise prioritize prio deprioritise deprioritize "
    "increase decrease "
    "reduce",
    "listverb": "reschedule postpone defer snooze prepone prioritise prioritize deprioritise deprioritize tag untag "
    "label unlabel delay put_off",
    "around": "that_day on_that_day i'd we'd i'm we're he she they me us him her its their let's need "
    "want like prefer having has had have more another extra someone ask again over along away ahead same reads "
    "starting time_to what_i_mean i_mean rather though",
    "tying": "to for until till til at by on in into under onto of as with from off about than regarding out_of -> → : "
    "towards until_after",
    "happening": "can could should must may might will would has_to have_to needs_to need_to needs ought_to "
    "had_better got_to be being been goes go moves happens happen starts start begins begin works work suits fits "
    "belongs belong comes better best scheduled planned happening doing done taking_place takes_place wait moved "
    "pushed shifted changed postponed rescheduled to_be wants_to it's that's they're due_by ready finished",
    "denying": "not no isn't aren't wasn't won't doesn't don't shouldn't can't cannot never no_longer without "
    "instead_of rather_than do_not does_not",
    "whatsit": "thing stuff business appointment appt visit checkup check-up job task one bit matter",
    "asking": "ask_me ask_me_again give_me_a_shout give_me_a_nudge give_me_a_ping give_me_a_buzz shout",
    "filed": "list project",
    "scoped": "whole entire whatever any tasks ones stuff things items overdue late undated reminders todos jobs "
    "completed finished "
    "recurring chores errands",
    "narrowing": "due on in for of from with at tagged that are is",
    "referring": "it its them their those these both it's they're that this that's",
    "undated": "undated unscheduled dateless",
    "once": "one-off a_one-off a_one_off non-recurring not_repeat",
    "putting": "add put give stick attach set apply",
    "noting": "note jot jot_down note_down write write_down put add remember scribble record enter append stick pop",
    "sooner": "bring bring_forward pull pull_forward move_up advance prepone",
    # --- what speaks against a reading
    "nothing": "try do see wait think go maybe perhaps possibly probably then now just later soon "
    "enough nothing more anything something "
    "works fine ok okay good great instead though anyway anyhow either too rest ones one it its that this "
    "those them these they there here same again also yes already still only really off done all the a an "
    "my for of to on and or so busy full free tired sick away home existing other others lot bit thing "
    "things stuff whatever everything",
    "predicate": "looks look looked seems seem feels feel sounds sound works work's is are was were isn't aren't "
    "wasn't will won't would should could might may has had does doesn't can't cannot gets got it's that's they're it "
    "they because if and or but than which who whose that",
    "finite": "is are was were isn't aren't wasn't will won't would has had looks seems needs wants says said closes "
    "opens i'm i've i'll i we we're they they're he she it's that's",
    "stating": "we that's it's i'm we're you're he's she's they're i'll we'll i've is are was were am be been has have "
    "had do does did will would can could should may might must i you he she they it this that what when where who why "
    "how which if because hate like love think know said says went think told hello hi",
    "particle": "up out off down back in over away round around through into on to with for about",
    "editing": "move shift push pull postpone reschedule delay defer bump slide snooze rename retitle reword tick "
    "untick reopen tag untag mark unmark leave keep put change alter edit update set make swap switch replace skip "
    "raise lower prioritise prioritize clear cancel delete remove erase scrap undo drag bring",
    "pointing": "it that this those them these",
    "linking": "to into on for by with until till from off up down out back forward as over after before in of at",
    "supposing": "if once when whenever before until unless after as_soon_as i_thought i_think i_wish i_hope i_hoped "
    "i_should_have i_would_have i_could_have i_wanted i_need i_have_to i_must imagine suppose assuming has have did "
    "hopefully maybe perhaps i_might i_may i_could i_will i'll i_want",
    "partly": "half most almost nearly partly partially halfway part some quarter third started tried trying try",
    "unfinishing": "cancelled canceled forgot forgotten missed lost skipped postponed moved delayed started begun "
    "began tried wanted needed meant hoped promised scheduled rescheduled considered dropped refused failed ignored "
    "broke rejected declined avoided noticed remembered assigned changed renamed pushed shifted decided agreed chosen "
    "chose voted",
    # --- questions
    "ask": "with_whom to_whom at_what on_what in_what for_what what what's whats what're which who who's whose whom "
    "when when's where where's why how how's is are am was were do does did have has had should shall may "
    "might isn't aren't doesn't didn't wasn't hasn't haven't won't any anything",
    "aux": "can could would will shall should may might do does did is are am was were have has had",
    "subject": "i we you it he she they the my there this that he's our",
    "mine": "i my me we our us mine myself i've i'm i'd i'll we've",
    # --- what refers to the last turn
    "oops": "argh ugh gah no nope nah oops whoops sorry wait hang_on hold_on oh ah hmm um uh er well actually okay ok "
    "my_mistake my_bad correction i_lied apologies yeah right",
    "acting": "make_it make_that make_this put_it put_that set_it set_that change_it change_that change_its move_it "
    "move_that have_it push_it push_that bring_it shift_it do_it remind_me and_remind_me "
    "warn_me nudge_me ping_me alert_me beep_me reminder",
    "meant": "i_meant i_mean i_meant_to_say i_meant_to_say_to it_should_be that_should_be they_should_be should_be "
    "should_have_been it_should_have_been that_should_have_been it's it_is that's they're rather better let's_say "
    "let's_make_it let's_do say try it's_supposed_to_be it_was_supposed_to_be supposed_to_be it_needs_to_be "
    "needs_to_be to_be_exact that's_meant_to_be has_to_be it_has_to_be must_be it_must_be "
    "due it_would_be_better it'd_be_better would_be_better it_belongs that_belongs belongs it_goes that_goes goes "
    "they_are those_are these_are those_should_be it's_actually it_is_actually i_wanted i_said it's_really "
    "it_should_say it_should_read is_what_i_meant was_what_i_meant is_the_one_i_meant",
    "wrong": "wrong_K that's_the_wrong_K wrong_list wrong_one wrong_day wrong_date wrong_time wrong_task wrong_place "
    "wrong_person wrong_priority that's_wrong that's_not_right that_is_wrong not_right my_mistake wrong not_that_one "
    "not_that that's_the_wrong_one not_this_one the_wrong_one that's_the_wrong_list that's_the_wrong_day not_it",
    "also": "too as_well also likewise ditto the_same same in_addition",
    "joining": "and also plus ditto so_can so_is so_does so_should so_will oh_and same_for same_with likewise_for "
    "ditto_for the_same_for the_same_with do_the_same_for same_goes_for same_again_for do_the_same_with "
    "do_that_for do_that_to do_it_for do_it_to and_do",
    "softener": "obviously actually instead please pls thanks thank_you then though rather now sorry of_course "
    "by_the_way btw after_all i_think i_guess after_all_that ok okay again really just only better "
    "anyway either yeah",
    "affirmed": "yes yeah yep yup sure ok okay fine please_do go_ahead yes_please and but",
    "takeback": "scrap_that scratch_that forget_that forget_it cancel_that never_mind nevermind never_mind_that "
    "take_that_back take_it_back strike_that ignore_that disregard_that drop_that undo_that undo_it undo revert_that "
    "actually_don't actually_no on_second_thought on_second_thoughts don't_bother changed_my_mind i_changed_my_mind "
    "leave_it leave_that forget_about_that forget_about_it don't_do_that not_that bring_it_back bring_them_back "
    "bring_both_back bring_that_back change_it_back put_it_back set_it_back leave_it_where_it_was leave_it_as_it_was "
    "keep_it_as_it_was leave_it_as_it_is keep_it i_said_don't i_didn't_mean_that i_didn't_say_that",
    "deed": "rename renaming move moving reschedule rescheduling shift change edit deletion removal addition tag "
    "reminder note priority completion",
    "other": "he she they he'd she'd they'd he's she's they're",
    "prefers": "would_prefer would_rather prefer prefers wants want would_like asked_for said says suggested "
    "can_only_do can_do could_do could_only_do needs need 'd_prefer 'd_rather moved_it_to changed_it_to made_it",
    "backs_out": "cancelled canceled can't_make_it cannot_make_it can't_come is_not_coming isn't_coming called_it_off "
    "backed_out bailed dropped_out won't_make_it won't_come pulled_out",
    "spared": "not except except_for but_not keep leave leave_out don't_include skip apart_from minus spare",
    "light": "i i'm i've i'd i'll me my mine we we're we've we'd we'll us our you your he he's he'd she she's "
    "she'd they "
    "they're they'd it it's its it'd it'll that that's that'd that'll this these those them him her his their "
    "there there's itself a an the some any all both one ones thing things stuff 's 're 've 'd 'll 'm is are was "
    "were be been being am has have had do does can could will would shall should may might gets get got to of "
    "for on at in by with about from into onto as than then so and but or because cause cos since if now just "
    "only still already also too either even quite rather really very pretty more most much better best well fine "
    "good great okay ok yes yeah yep oh ah hm hmm uh um er erm lol haha ha ugh phew hey ta cheers thanks "
    "thank_you please pls sorry oops actually apparently obviously finally maybe perhaps i_think i_guess "
    "i_suppose i_reckon should_think i'd_say let's let_us say says said suit suits works prefer prefers want "
    "wants wanted need needs needed like likes make makes made go goes come comes put puts set keep keeps leave "
    "move moved postponed delayed rescheduled brought "
    "push pushed pull shift shove drag bump file stick pop bring take change changed turn give up down "
    "around over day date time hour matter matters earliest latest again wait waits possible able way by_the_way "
    "btw manage belongs belong mean meant silly urgh right cool day's time's until till instead forward same "
    "suppose probably definitely quickly kindly could_you can_you would_you label tag call_it due starts start "
    "begins happens happening takes_place on_that at_last",
    "became_done": "done finished complete completed sorted sorted_out handled dealt_with taken_care_of settled "
    "seen_to ticked tick check checked_off ticked_off crossed_off wrapped_up out_of_the_way in_the_bag "
    "all_done bought paid signed_off wrapped did in_the_post in_the_bin no_more_to_do taken_care "
    "see_to_it_done history been_to behind_me behind_us",
    "became_void": "cancel cancelled canceled called_off call_off drop dropped scrap scrapped delete remove bin binned "
    "lose erase ditch forget forget_about forget_it stuff_it skip_it skip_that not_happening "
    "no_longer_needed not_needed isn't_needed aren't_needed can_go don't_need doesn't_need don't_want "
    "doesn't_want no_need_for no_longer_need not_going not_necessary off_the_table fell_through "
    "fallen_through pointless unnecessary won't_be_needing don't_need_that any_more anymore",
    "negating": "not can't cannot never n't don't isn't aren't wasn't weren't haven't hasn't didn't doesn't won't "
    "no nope without unless not_yet",
    "following": "and what_about how_about and_what_about and_how_about what_of and_what's what's and_the also "
    "and_for and_on and_in ok_and okay_and so or just only same_but same_for the_same_but show_me and_of_those "
    "of_those and_which which and_of_them of_them which_of_those and_which_of_those which_of_them anything any "
    "and_just and_only just_the only_the same_but_only same_but_just what_have_i_got_on what_do_i_have_on",
    "changed": "change changed do done did add added delete deleted move moved undo undid complete completed touch "
    "mark marked remove removed update updated edit edited put_back",
}

COMMON: Final = word_set(
    "the and for are what when with have this that from about anything something list task tasks day week time new "
    "old big get put add one two first last next birthday bill bills call home work team book books finish good any "
    "all out off due today now may can will how who why where which there here does did not you your mine his her our "
    "more much many"
)
"""Words that alone name nothing of the user's."""

PAIRS: Final = word_set(
    "salt_pepper mac_cheese macaroni_cheese fish_chips bed_breakfast rock_roll butter_jelly oil_vinegar cookies_cream "
    "ham_cheese black_white r_d q_a pros_cons back_forth gin_tonic pork_beans biscuits_gravy arts_crafts bath_body "
    "terms_conditions health_safety wear_tear rum_coke sweet_sour nuts_bolts mom_dad mum_dad half_half bread_butter "
    "track_field research_development meet_greet lost_found odds_ends safe_sound ups_downs cheese_crackers bacon_eggs "
    "rice_beans hide_seek copy_paste drag_drop wash_fold tom_jerry cup_saucer terms_conditions supply_demand "
    "gas_electricity go_get try_get come_get"
)
"""Two words that "and" joins to one thing."""

CHORES: Final = word_set(
    "buy purchase get pick grab fetch collect return drop bring take water feed walk clean tidy wash vacuum mop sweep "
    "dust iron fold mow rake trim prune plant weed shovel paint repair fix replace install assemble pay renew file "
    "submit finish complete prepare prep write draft review proofread edit print scan sign mail post send email "
    "e-mail call phone ring text message ask talk speak meet visit see contact reply respond follow check study read "
    "practice practise learn revise research plan organize organise schedule book reserve order cancel cook bake make "
    "defrost pack unpack wrap donate sell backup back update upgrade change charge exercise work workout run jog "
    "stretch meditate attend go start stop watch register apply empty refill recycle put throw sort shop host invite "
    "pray journal move deliver inspect measure test deploy merge refactor rehearse invoice bill deposit withdraw "
    "transfer vote do find look set sew knit brush floss shave bathe groom rotate service give oil sharpen descale "
    "polish hang build cut chase arrange confirm remember tell translate hire rent borrow lend claim treat dig bleed "
    "top turn switch stock restock lock unlock clear dry air boil cover drain fill harvest hoover insure label lay "
    "light list load log open pay peel pick play prime ring save screw scrub seal settle shred shut sow stack stamp "
    "steam store strip swap touch train tune type upload download varnish verify wax weigh whisk wind wipe zip catch "
    "chat compare cycle decide declutter design discuss drive drop explore gather head hem hike hunt mend negotiate "
    "nominate note perform photograph present propose publish push query quote raise rebook record redo reorder "
    "research resign resolve retrieve ride share show sketch skim solve speak spend squeeze stay swim take teach "
    "thank think track trade try use vacate volunteer wake warm resize rewrite rehang recharge reheat cheer swing "
    "finalise finalize outline celebrate congratulate apologize apologise accept adjust advertise aerate answer appeal "
    "approve assess audit babysit balance barbecue beat bleach bolt brainstorm brew brief browse calculate calibrate "
    "caulk circulate climb coach compile complain compose construct convert correct cry curl dance deadhead debug "
    "decorate degrease deice disinfect dismantle distribute document double-check drill enrol enroll enter entertain "
    "escalate estimate evaluate examine expense extend figure fit forage freeze fundraise glue grade grease greet "
    "grill grind groom grow hand handle head help implement improve inflate inform insulate interview introduce "
    "investigate join knead lag launch leave lend let liaise listen locate lubricate maintain manage marinate mash "
    "memorise memorize mix monitor mount nip onboard overhaul paste patch pickle pin pitch plaster plug pop pot pour "
    "preheat process promote pump quiz quit reach rearrange reboot rebuild reconcile redecorate reduce refinish "
    "refresh "
    "reinstall relax remodel renegotiate renovate repaint replant repot re-pot request resend reset reseal rest "
    "rewire "
    "regrout grout rinse roast roll rub sand sanitise sanitize scrape sew service shear ship shoot shorten sieve sing "
    "skim "
    "sleep slice smoke soak solder source spray spread stain stake sterilise stick stitch straighten stuff subscribe "
    "supervise survey tackle tape taste thaw thin tie tighten tile toast transcribe transplant travel triage "
    "troubleshoot tuck tweak unblock unclog undercoat unfreeze uninstall unload unplug unsubscribe untangle upcycle "
    "view wallpaper warn wear weld wire worm"
)
"""Verbs that open a to-do, written as one says it to oneself."""
KINDRED: Final = (
    "send post mail submit email e-mail hand ship forward",
    "call ring phone speak talk contact chat",
    "buy get grab fetch pick purchase order",
    "pay settle transfer",
    "clean wash wipe tidy scrub hoover vacuum mop sweep polish dust",
    "fix repair mend patch",
    "return bring take",
    "write draft finish prepare",
    "finish submit hand deliver",
    "book reserve arrange schedule",
    "water feed",
    "throw bin toss",
    "see visit meet",
    "check review read proofread",
)
"""Verbs that stand for each other when somebody tells what was done."""
NOUNS_TOO: Final = word_set(
    "bill book brush cook cover cut dance draft drill dust exercise file fit glue hand head ice invoice iron label "
    "lag light list load lock mail mount note oil order paint paste patch pickle pin plant plaster play plug polish "
    "post pot prime print process queue record rent ring roast roll rub sand screw seal service ship shop show "
    "smoke squeeze stain stake stamp stick stock store strip stuff swap swim tape taste test text thin tie tile toast "
    "top touch track trade train travel treat type use view walk wash watch water wax wear wind wire work worm"
)
"""Those of them that are as often things: "iron tablets" are no chore where others are listed."""
OUTSIDE: Final[dict[str, str]] = {
    "music": "play replay song songs music playlist playlists album albums podcast podcasts radio audiobook "
    "audiobooks track tracks speaker speakers lyrics spotify shuffle station",
    "volume": "volume mute unmute louder quieter whisper accent voice",
    "the weather": "weather forecast temperature raining rain snow snowing umbrella sunny humid humidity",
    "smart home": "light lights lamp lamps lighting thermostat brighten dim robot roomba socket turn_on turn_off "
    "turn_up turn_down switch_on switch_off sprinklers blinds coffee_maker coffee_machine furnace garage_door "
    "front_door air_conditioner vacuum_cleaner start_the_vacuum dishwasher living_room_scene turn_the",
    "alarms and timers": "alarm alarms timer timers stopwatch countdown count_down counting_down wake_me wake_us "
    "wake_up get_me_up wake-up",
    "messages": "email emails e-mail e-mails text texts message messages contacts favorites tweet tweets twitter "
    "facebook instagram whatsapp sms voicemail linkedin snapchat tumblr emails text_messages last_text last_message "
    "last_email",
    "money": "bank card cards credit dollars bucks money policy loan fraud deposit balance apr exchange_rate "
    "interest_rate routing_number pin_number w2 401k paycheck bitcoin stock_price stocks credit_score credit_limit "
    "checking savings account accounts transfer",
    "travel": "my_location a_pin my_order the_order membership subscription payment_method flight flights train "
    "tickets uber lyft taxi cab traffic directions carry-on carry-ons itinerary hotel hotels reservation reservations "
    "restaurant restaurants luggage visa",
    "food": "table_for table_at recipe recipes calories ingredients nutrition takeaway sushi pizza",
    "devices": "in_reverse phone computer ads dark_mode "
    "virus history wallet_location picture photo_of memo volume channel "
    "setting settings password passwords router language brightness ringtone wallpaper factory_settings bluetooth "
    "wifi wi-fi your_name app software phone_call screen browser bedside hotspot cache",
    "knowledge": "define definition synonym spell president population capital_of news headlines joke jokes trivia "
    "riddle fun_fact calculate square_root divided_by multiplied wikipedia meaning_of flip_a_coin random_number "
    "horoscope",
    "work and leave": "pto vacation_days days_off time_off",
}
"""What other assistants do; by topic."""

SLIPS: Final[dict[str, str]] = {
    "mak": "make", "tak": "take", "shw": "show", "hgh": "high", "mrk": "mark", "evry": "every", "ur": "your",
    "thnx": "thanks", "cuz": "because", "gimme": "give me", "lemme": "let me", "hwo": "how", "wich": "which",
    "b4": "before", "wat": "what", "wot": "what", "hav": "have", "hve": "have",
    "adn": "add", "ad": "add", "dd": "add", "addd": "add", "aad": "add", "pls": "please", "plz": "please",
    "delet": "delete", "cancle": "cancel", "remvoe": "remove", "calander": "calendar", "calender": "calendar",
    "remeber": "remember", "shedule": "schedule", "schedual": "schedule", "earse": "erase", "opne": "open",
    "shwo": "show", "lsit": "list", "reminde": "remind", "u": "you", "teh": "the", "nad": "and", "wiht": "with",
    "dont": "don't", "doesnt": "doesn't", "didnt": "didn't", "cant": "can't", "wont": "won't", "isnt": "isn't",
    "arent": "aren't", "havent": "haven't", "hasnt": "hasn't", "wasnt": "wasn't", "whats": "what's",
    "wheres": "where's",
    "whens": "when's",
    "hows": "how's", "whos": "who's", "im": "i'm", "ive": "i've", "theres": "there's",
    "lets": "let's", "thats": "that's", "youre": "you're", "mustnt": "mustn't", "shouldnt": "shouldn't",
    "wanna": "want to",
    "tomorow": "tomorrow", "tommorow": "tomorrow", "tommorrow": "tomorrow", "tmrw": "tomorrow",
    "rmind": "remind", "soory": "sorry", "sory": "sorry", "mondya": "monday",
    "tuseday": "tuesday", "wensday": "wednesday", "wednsday": "wednesday", "thurday": "thursday", "firday": "friday",
    "firdat": "friday", "saterday": "saturday", "tiem": "time",
    "ot": "to", "ment": "meant", "hte": "the", "taks": "task", "tihs": "this",
    "hvae": "have", "wih": "with", "abotu": "about", "becuase": "because", "plese": "please", "pleas": "please",
}  # fmt: skip
CORRECTED: Final = word_set(
    "remind reminder reminders remember schedule reschedule remove delete cancel create erase clear include update "
    "postpone complete completed finish finished rename notify scratch display calendar shopping groceries please "
    "append insert change appointment meeting overdue priority search tomorrow monday tuesday wednesday thursday "
    "friday saturday sunday everything bought urgent urgently medium important anything something nothing already "
    "finally instead actually reopen restore unfinished tasks today tonight weekend birthday library sorry meant "
    "should would which where there these those still until before after about again another"
)
"""Words that a slip of the finger is put right to, where it is no other word."""
SOUND: Final = word_set(
    "clean cleans cleaner clearly cream crate crates creates created deleted deletes removed removes remote reminds "
    "reminded reminding scheduled schedules cancels cancelled canceled erased erases phrase clears cleared includes "
    "included updates updated completes completely finishes renamed notified shipping chopping stopping hopping could "
    "wold would world cloud bould mould meetings eating heating beating seating sending mending events even evens "
    "appointments calendars grocer grocery please pleased pleases chance charge charges changes changed change "
    "inserts inserted appends remembers remembered dispel displays displayed scratches scratched bough brought fished "
    "fish sundays mondays fridays moneys sunder research starch fried created creature priorities meeting melting "
    "meaning meting fleeting greeting shopping's wedding"
)
"""Words near those, which are meant as they stand."""

NUMBERS: Final[dict[str, int]] = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "couple": 2, "both": 2,
}  # fmt: skip
ORDINALS: Final[dict[str, int]] = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "last": -1, "latter": -1, "bottom": -1, "final": -1, "former": 1, "top": 1,
}  # fmt: skip


@cache
def phrases(name: str) -> frozenset[str]:
    """Return the words and phrases of a class."""
    return frozenset(entry.replace("_", " ").strip() for entry in CLASSES[name].split())


@cache
def alternatives(name: str) -> str:
    """Return a class as the alternatives of an expression, longer phrases first; each word ends with a blank."""
    words = sorted(phrases(name), key=lambda phrase: (-len(phrase), phrase))
    return "|".join(_escaped(word) for word in words)


def _escaped(phrase: str) -> str:
    import re

    return re.escape(phrase).replace(r"\ ", " ")


@cache
def outside() -> dict[str, str]:
    """Return the topic of each word and phrase that is another assistant's job."""
    return {entry.replace("_", " "): topic for topic, words in OUTSIDE.items() for entry in words.split()}


@cache
def known_words() -> frozenset[str]:
    """Return every single word of the lexicon."""
    single = " ".join(CLASSES.values()).replace("_", " ").split()
    return frozenset([*single, *CHORES, *SOUND, *outside()])
