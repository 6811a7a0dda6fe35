"""Which words call for which motif."""

from collections.abc import Callable

from doorbuster.catalogue.drawing import food, furnishings, kitchen, things, tools, wearables
from doorbuster.catalogue.drawing.palette import Palette

Motif = Callable[[Palette, int], str]

MOTIFS: dict[str, Motif] = {
    "backpack": wearables.backpack,
    "handbag": wearables.handbag,
    "belt": wearables.belt,
    "glasses": wearables.glasses,
    "watch": wearables.watch,
    "jacket": wearables.jacket,
    "shirt": wearables.shirt,
    "scarf": wearables.scarf,
    "socks": wearables.socks,
    "shoe": wearables.shoe,
    "hat": wearables.hat,
    "chair": furnishings.chair,
    "table": furnishings.table,
    "sofa": furnishings.sofa,
    "dresser": furnishings.dresser,
    "lamp": furnishings.floor_lamp,
    "pendant": furnishings.pendant_lamp,
    "desk-lamp": furnishings.desk_lamp,
    "clock": furnishings.clock,
    "cushion": furnishings.cushion,
    "vase": furnishings.vase,
    "candle": furnishings.candle,
    "picture": furnishings.picture,
    "bowl": kitchen.bowl,
    "pot": kitchen.pot,
    "teapot": kitchen.teapot,
    "mug": kitchen.mug,
    "glass": kitchen.glass,
    "plate": kitchen.plate,
    "knives": kitchen.knives,
    "bottles": kitchen.bottles,
    "soap": kitchen.soap,
    "lipstick": kitchen.lipstick,
    "bread": food.bread,
    "fruit": food.fruit,
    "vegetable": food.vegetable,
    "fish": food.fish,
    "meat": food.meat,
    "cheese": food.cheese,
    "chocolate": food.chocolate,
    "wine": food.wine,
    "hammer": tools.hammer,
    "wrench": tools.wrench,
    "saw": tools.saw,
    "screwdriver": tools.screwdriver,
    "drill": tools.drill,
    "toolbox": tools.toolbox,
    "book": things.book,
    "tree": things.tree,
    "bauble": things.bauble,
    "pumpkin": things.pumpkin,
    "egg": things.egg,
    "heart": things.heart,
    "jewel": things.ring_of_gold,
    "headphones": things.headphones,
    "laptop": things.laptop,
    "guitar": things.guitar,
    "flower": things.flower,
    "toy": things.toy,
    "parcel": things.parcel,
}

GROUNDLESS = frozenset(
    ("belt", "glasses", "watch", "jacket", "shirt", "scarf", "pendant", "clock", "picture", "bauble",
     "hammer", "wrench", "saw", "screwdriver", "fish", "meat", "heart", "plate", "knives", "chocolate",
     "cushion")
)  # fmt: skip
"""What hangs or lies flat: drawn without a floor."""

NATURAL_HUES: dict[str, tuple[float, ...]] = {
    "fruit": (22, 30, 55, 95, 125),
    "vegetable": (305, 320, 28, 130),
    "fish": (30, 38, 235, 220),
    "meat": (20, 26, 14),
    "cheese": (85, 235, 25),
    "heart": (12, 22, 355),
    "wine": (150, 140, 15, 75),
    "toy": (60, 50, 75, 355, 235),
    "guitar": (40, 55, 28, 250),
    "bread": (60, 235, 200),
}
"""Degrees of the colours that a motif may have where any other would look wrong."""

_SPOKEN = {
    "backpack": "backpack rucksack daypack luggage suitcase duffel",
    "handbag": "handbag bag purse tote crossbody clutch satchel messenger briefcase wallet accessories accessory",
    "belt": "belt buckle",
    "glasses": "glasses sunglasses eyewear spectacles shades eyeglasses frames aviator goggles",
    "watch": "watch timepiece chronograph smartwatch wristwatch tracker",
    "jacket": "jacket coat parka blazer hoodie suit cardigan jumper vest",
    "shirt": "shirt tee blouse henley tunic top apparel clothing dress sweater polo clothes pants jeans trousers",
    "scarf": "scarf bandana neckerchief shawl towel blanket throw",
    "socks": "sock socks stocking",
    "shoe": "shoe shoes boot boots sneaker sneakers trainer sandal footwear heels slippers",
    "hat": "hat cap beanie beret fedora",
    "chair": "chair chairs armchair stool seat seating rocker bench recliner",
    "table": "table desk furniture workstation workspace tables",
    "sofa": "sofa couch loveseat sectional settee sofas",
    "dresser": (
        "dresser chest drawers cabinet nightstand credenza wardrobe "
        "sideboard vanity drawer shelf bookcase storage console dressers"
    ),
    "lamp": "lamp floor lampshade tripod",
    "pendant": "pendant chandelier light lights lighting lantern fixture bulb",
    "desk-lamp": "task sconce",
    "clock": "clock alarm",
    "cushion": "cushion pillow cushions bedding",
    "vase": "vase decor homedecor decorative planter wreath home centerpiece eucalyptus ornament",
    "candle": "candle candles candlestick holder aromatherapy fragrance incense tealight t",
    "picture": "picture poster print art frame mirror canvas sign wall",
    "bowl": "bowl bowls dish basin salad",
    "pot": "pot casserole cookware oven pan wok skillet kitchen housewares cooking steamer colander saucepan",
    "teapot": "teapot kettle tea infuser",
    "mug": "mug cup coffee latte espresso",
    "glass": "glass goblet cocktail tumbler stemware juice cooler spritz margarita lemonade smoothie drink",
    "plate": "plate dining silverware cutlery fork spoon napkin setting dinner",
    "knives": "knife cutting chopping board scissors",
    "bottles": "bottle lotion shampoo serum beauty grooming bathing cream oil skincare health toothbrush razor shaving",
    "soap": "soap scrub bath sponge spa",
    "lipstick": "lipstick makeup mascara concealer palette polish brush cosmetics",
    "bread": "bread bagel pretzel loaf baguette bakery croissant bun roll pastry sourdough",
    "fruit": (
        "fruit apple pear fruits peach kiwi berry mango orange grape melon "
        "pineapple banana cherry cherries berries strawberries groceries grocery food strawberry watermelon"
    ),
    "vegetable": (
        "vegetable vegetables carrot pepper potato potatoes tomato onion eggplant aubergine "
        "broccoli lettuce spinach kale cabbage mushroom radish garlic asparagus herb"
    ),
    "fish": "fish salmon tuna seafood shrimp lobster crab trout prawn langoustine oyster mussel snail squid caviar",
    "meat": "meat steak beef pork chicken ham sausage ribs lamb bacon",
    "cheese": "cheese dairy milk butter yogurt cheddar brie",
    "chocolate": (
        "chocolate chocolates truffle truffles candy cake cupcake dessert donut macaron cookie cookies tart pie muffin"
    ),
    "wine": "wine beer whisky vodka gin rum liqueur red white spirits malt chardonnay merlot refreshment champagne",
    "hammer": "hammer mallet axe hatchet",
    "wrench": "wrench spanner plier pliers",
    "saw": "saw chainsaw handsaw",
    "screwdriver": "screwdriver screw chisel",
    "drill": "drill driver",
    "toolbox": "toolbox toolkit tool tools hardware automotive industrial",
    "book": "book cookbook books guide novel travel notebook journal adventure package",
    "tree": "tree christmas pine fir forest gnome winter",
    "bauble": "ornaments bauble advent seasonal holiday snowflake jingle bell nativity",
    "pumpkin": "pumpkin halloween spooky jack skeleton skull witch mask",
    "egg": "egg eggs easter bunny rabbit",
    "heart": "heart hearts valentine love romantic",
    "jewel": "jewelry jewellery ring necklace bracelet earring earrings diamond gem brooch bangle pendants",
    "headphones": "headphones earbuds camera speaker audio electronics electronic radio",
    "laptop": "laptop computer computers monitor tablet phone screen keyboard tv",
    "guitar": "guitar instruments instrument music violin piano drum ukulele",
    "flower": "flower flowers floral rose bouquet plant tulip orchid garden outdoors outdoor gardening lily succulent",
    "toy": "toy toys teddy bear plush doll baby kids games doggy",
    "parcel": "gift box parcel",
}

WORDS: dict[str, str] = {word: motif for motif, words in _SPOKEN.items() for word in words.split()}
"""Word -> motif. A word in the plural is also found by its singular."""
