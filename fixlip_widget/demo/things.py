"""The things and the colours of the bundled encoder's world.

A curated list: everyday words of one piece, nothing that looks like another thing, no people, flags or sceneries. The
order is that of the encoder's codes and words, so new things are appended.
"""

COLOURS: tuple[str, ...] = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "black")
"""The colours in which a thing can be tinted."""

_THINGS = """
monkey 🐒 gorilla 🦍 dog 🐕 wolf 🐺 fox 🦊 raccoon 🦝 cat 🐈 lion 🦁 tiger 🐅 moose 🫎 donkey 🫏 horse 🐎
unicorn 🦄 zebra 🦓 deer 🦌 bison 🦬 cow 🐄 pig 🐖 goat 🐐 camel 🐪 llama 🦙 giraffe 🦒 elephant 🐘 mammoth 🦣
rhinoceros 🦏 hippopotamus 🦛 mouse 🐁 hamster 🐹 rabbit 🐇 chipmunk 🐿️ beaver 🦫 hedgehog 🦔 bat 🦇 bear 🐻
koala 🐨 panda 🐼 sloth 🦥 otter 🦦 skunk 🦨 kangaroo 🦘 badger 🦡 turkey 🦃 chicken 🐔 rooster 🐓 bird 🐦
penguin 🐧 dove 🕊️ eagle 🦅 duck 🦆 swan 🦢 owl 🦉 feather 🪶 flamingo 🦩 peacock 🦚 parrot 🦜 goose 🪿 frog 🐸
crocodile 🐊 turtle 🐢 lizard 🦎 snake 🐍 dragon 🐉 dinosaur 🦕 whale 🐋 dolphin 🐬 fish 🐟 blowfish 🐡 shark 🦈
octopus 🐙 coral 🪸 jellyfish 🪼 crab 🦀 lobster 🦞 shrimp 🦐 squid 🦑 oyster 🦪 snail 🐌 butterfly 🦋 bee 🐝
ladybug 🐞 cricket 🦗 spider 🕷️ scorpion 🦂 mosquito 🦟 worm 🪱 bouquet 💐 lotus 🪷 rose 🌹 sunflower 🌻
flower 🌷 hyacinth 🪻 seedling 🌱 plant 🪴 tree 🌳 cactus 🌵 herb 🌿 shamrock ☘️ mushroom 🍄 grapes 🍇 melon 🍈
watermelon 🍉 tangerine 🍊 lemon 🍋 banana 🍌 pineapple 🍍 mango 🥭 apple 🍎 pear 🍐 peach 🍑 cherries 🍒
strawberry 🍓 blueberries 🫐 tomato 🍅 olive 🫒 coconut 🥥 avocado 🥑 eggplant 🍆 potato 🥔 carrot 🥕
cucumber 🥒 broccoli 🥦 garlic 🧄 onion 🧅 peanuts 🥜 beans 🫘 chestnut 🌰 bread 🍞 croissant 🥐 pretzel 🥨
bagel 🥯 pancakes 🥞 waffle 🧇 bacon 🥓 hamburger 🍔 pizza 🍕 hotdog 🌭 sandwich 🥪 taco 🌮 burrito 🌯 egg 🥚
popcorn 🍿 butter 🧈 salt 🧂 spaghetti 🍝 sushi 🍣 dango 🍡 dumpling 🥟 icecream 🍨 doughnut 🍩 cookie 🍪
shortcake 🍰 cupcake 🧁 pie 🥧 candy 🍬 lollipop 🍭 coffee ☕ teapot 🫖 sake 🍶 ice 🧊 chopsticks 🥢 spoon 🥄
jar 🫙 compass 🧭 mountain ⛰️ volcano 🌋 brick 🧱 rock 🪨 wood 🪵 house 🏠 castle 🏰 church ⛪ fountain ⛲
tent ⛺ train 🚆 bus 🚌 ambulance 🚑 firetruck 🚒 car 🚗 tractor 🚜 motorcycle 🏍️ bicycle 🚲 skateboard 🛹
wheel 🛞 anchor ⚓ sailboat ⛵ canoe 🛶 speedboat 🚤 ferry ⛴️ ship 🚢 airplane ✈️ parachute 🪂 seat 💺
helicopter 🚁 satellite 🛰️ rocket 🚀 watch ⌚ clock ⏰ moon 🌙 thermometer 🌡️ sun ☀️ star ⭐ cloud ☁️ tornado 🌪️
fog 🌫️ rainbow 🌈 umbrella ☂️ snowflake ❄️ snowman ☃️ fire 🔥 balloon 🎈 ribbon 🎀 gift 🎁 trophy 🏆 football ⚽
baseball ⚾ basketball 🏀 volleyball 🏐 bowling 🎳 skis 🎿 sled 🛷 kite 🪁 joystick 🕹️ teddy 🧸 thread 🧵
glasses 👓 sunglasses 🕶️ goggles 🥽 necktie 👔 shirt 👕 jeans 👖 scarf 🧣 coat 🧥 socks 🧦 dress 👗 shorts 🩳
handbag 👜 backpack 🎒 shoe 👞 crown 👑 hat 🎩 lipstick 💄 ring 💍 megaphone 📣 bell 🔔 microphone 🎤
headphone 🎧 radio 📻 saxophone 🎷 trumpet 🎺 accordion 🪗 guitar 🎸 piano 🎹 violin 🎻 banjo 🪕 drum 🥁
maracas 🪇 flute 🪈 phone 📱 battery 🔋 laptop 💻 keyboard ⌨️ abacus 🧮 television 📺 camera 📷 candle 🕯️
lamp 💡 flashlight 🔦 book 📖 scroll 📜 bookmark 🔖 coin 🪙 package 📦 postbox 📮 pencil ✏️ pen 🖊️ paintbrush 🖌️
crayon 🖍️ briefcase 💼 pushpin 📌 paperclip 📎 scissors ✂️ wastebasket 🗑️ key 🔑 hammer 🔨 axe 🪓 dagger 🗡️
bomb 💣 boomerang 🪃 shield 🛡️ wrench 🔧 screwdriver 🪛 gear ⚙️ clamp 🗜️ link 🔗 hook 🪝 toolbox 🧰 magnet 🧲
ladder 🪜 dna 🧬 microscope 🔬 telescope 🔭 syringe 💉 pill 💊 stethoscope 🩺 door 🚪 mirror 🪞 bed 🛏️ couch 🛋️
chair 🪑 bathtub 🛁 broom 🧹 basket 🧺 bucket 🪣 soap 🧼 toothbrush 🪥 sponge 🧽 extinguisher 🧯 statue 🗿
heart ❤️ circle 🔴 square 🟥 triangle 🔺 robot 🤖 ghost 👻 alien 👽 pumpkin 🎃 corn 🌽 leaf 🍁 pepper 🌶️
diamond 💎 dice 🎲 puzzle 🧩 bone 🦴
"""
EMOJI: dict[str, str] = dict(zip(_THINGS.split()[::2], _THINGS.split()[1::2], strict=True))
"""Thing → its emoji."""
THINGS: tuple[str, ...] = tuple(EMOJI)

_ALIASES = """
🐱 cat 🐶 dog 🐭 mouse 🐮 cow 🐴 horse 🐯 tiger 🐷 pig 🐰 rabbit 🐵 monkey 🐲 dragon 🦖 dinosaur 🐳 whale
🐠 fish 🐻‍❄️ bear 🏡 house 🚙 car 🚘 car 🌝 moon 🌛 moon 🌞 sun 🌟 star ⛄ snowman 🌲 tree 🌴 tree 🍏 apple
🍦 icecream 🍧 icecream 🛩️ airplane 👟 shoe 🧢 hat 📕 book 📗 book 📘 book 📙 book ☎️ phone 📸 camera 🖥️ laptop
"""
ALIASES: dict[str, str] = dict(zip(_ALIASES.split()[::2], _ALIASES.split()[1::2], strict=True))
"""Other emoji of the same things."""

_TINTED = {"circle": "🔴🟠🟡🟢🔵🟣 ⚫", "square": "🟥🟧🟨🟩🟦🟪 ⬛", "heart": " 🧡💛💚💙💜🩷🖤"}
TINTED: dict[str, tuple[str, str]] = {
    emoji: (thing, colour)
    for thing, row in _TINTED.items()
    for emoji, colour in zip(row, COLOURS, strict=True)
    if emoji != " "
}
"""Emoji that are a tinted thing."""
