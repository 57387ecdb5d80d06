"""Invented English sentences. No person, shop or brand in them is real."""

from generator.language import Language, Topic

ESCALATION_REASONS = (
    "The agent could not find an answer about the warranty of a discontinued item",
    "Could not find an answer: customs duties for an overseas parcel",
    "The agent said it doesn't know the delivery slot and don't know answers are handed over",
    "Customer asked for a human",
    "Shopper asked for a person after the second reply",
    "Wants to speak to someone in the shop",
    "VIP rule: basket above 500",
    "Rule matched: damaged parcel",
    "The agent could not understand the message, a photo without words",
    "Unreadable voice note",
    "Was charged twice for the same order",
    "Refund has not arrived after 14 days",
    "Payment was declined but the bank shows it",
    "Complains about the tone of a newsletter",
    "billing",
)

ENGLISH = Language(
    openings=(
        "Hi! ",
        "Hello, ",
        "",
        "Good morning, ",
        "Hey there 👋 ",
        "Hi, quick question: ",
        "Sorry to bother you. ",
    ),
    shopping=(
        Topic(
            "product_recommendation",
            ("recommendation", "living room", "decoration"),
            (
                "I am looking for something warm for a small living room.",
                "what would you put next to a grey sofa?",
                "can you suggest something that goes with oak furniture?",
                "which of your lamps gives a soft light?",
                "I need a few ideas to make our hallway friendlier.",
            ),
            (
                "These go well with what you describe; the first one is the most popular this month.",
                "Here are a few that suit a small room. All of them ship within two days.",
                "I would start with these. The second one comes in three colours.",
                "Good choice of room! These are the ones that other shoppers keep.",
            ),
        ),
        Topic(
            "product_search",
            ("search", "availability"),
            (
                "do you still have the linen cushions in green?",
                "I cannot find the large oak shelf any more.",
                "where are the outdoor lanterns on your site?",
                "is there a wool blanket that can be machine washed?",
                "do you sell the set of four bowls one by one?",
            ),
            (
                "I found these for you; the stock is updated every hour.",
                "This is the closest match, and there are some left.",
                "Yes, here it is. It comes back in stock often, so do not worry.",
                "These fit your search. Shall I narrow it down by price?",
            ),
        ),
        Topic(
            "gift_advice",
            ("gift", "wrapping"),
            (
                "I need a present for a friend who has just moved.",
                "what could I give to somebody who loves to cook, for about 50?",
                "is there something small for a colleague's farewell?",
                "my sister turns 30 on Saturday and I have no idea.",
            ),
            (
                "For a new home these are loved, and we can wrap them.",
                "These stay below your budget, and the card is free.",
                "All of these arrive before the weekend if you order today.",
            ),
        ),
    ),
    service=(
        Topic(
            "order_status",
            ("delivery", "tracking"),
            (
                "where is my parcel?",
                "my order says shipped, but nothing has moved since Monday.",
                "can you tell me when it arrives?",
                "the tracking link does not open.",
            ),
            (
                "Your parcel left our warehouse and should reach you within two working days.",
                "I checked: the carrier has it, and the next scan is due tonight.",
                "It is on its way. You will get a message on the morning of delivery.",
                "The link works again; here is what it shows: in transit.",
            ),
        ),
        Topic(
            "returns_and_exchanges",
            ("return", "exchange"),
            (
                "the colour is not what I expected, how do I send it back?",
                "can I exchange it for a larger one?",
                "one of the bowls arrived with a crack.",
                "how long do I have for a return?",
            ),
            (
                "You have 30 days. I have sent you a label; no printer is needed.",
                "Of course. The larger one is set aside for you, the label is on its way.",
                "I am sorry about that. A new one ships today, and you can keep the cracked one.",
                "Put it into any box and hand it in at the next pick-up point.",
            ),
        ),
        Topic(
            "order_cancellation",
            ("cancellation",),
            (
                "I ordered twice by mistake, please cancel one.",
                "can I still cancel the order from this morning?",
                "please stop my order, the address is wrong.",
            ),
            (
                "Done, the order is cancelled and nothing will be charged.",
                "It had not left yet, so I could stop it. You will see the amount again within five days.",
                "I cancelled one of the two. The other one ships as planned.",
            ),
        ),
        Topic(
            "account_change",
            ("account", "address"),
            (
                "I have moved, how do I change my address?",
                "I never get the link to reset my password.",
                "can you merge my two accounts?",
            ),
            (
                "You find it under Account, then Addresses. The next order will use the new one.",
                "I have sent it once more; please look into the spam folder, too.",
                "That is done. Your orders and points are now in one place.",
            ),
        ),
    ),
    details=(
        "It is for a room of about 15 square metres.",
        "I ordered it last week.",
        "My order number is the one in the e-mail.",
        "We have two cats, so nothing fragile please.",
        "I would like to spend less than 80.",
        "It should be here before Friday.",
        "The colour matters more than the price.",
        "I am not in a hurry.",
        'The box said "handle with care".',
        "I have already looked at the help pages.",
        "It is the second time that I ask.",
        "A link would be enough.",
        "Thanks in advance!",
    ),
    courtesies=(
        "Is there anything else that I can do for you?",
        "Let me know if that helps.",
        "Just ask if something is unclear.",
        "I am here if you need more.",
        "Have a good day!",
        "You can also answer to this message later.",
    ),
    human_replies=(
        "Hello, I am taking over from here. I have read the conversation and will look into it now.",
        "Sorry for the trouble. I have written to the carrier and will call you back.",
        "I have put it right in our system; you will get a confirmation within the hour.",
    ),
    resolved_words=("resolved",) * 8 + ("Resolved by AI", "solved"),
    escalated_words=("escalated",) * 6 + ("transferred", "routed to team", "Handed off", "handoff"),
)
