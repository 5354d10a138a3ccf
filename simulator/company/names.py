"""Words that invented companies are made of. None of them is a real business or person."""

from __future__ import annotations

# Names that break careless programs come first, so that even a small company has some.
TRICKY_CUSTOMERS = (
    "Larkspur Tile & Stone",
    "O'Brien, Seán",
    'Novotny "Nov" s.r.o.',
    "SuperGrip™ Flooring",
    "Café Zoë",
    "“Quoted” Interiors",
    "Brønnøy–Ålesund Marine AS",
    "Müller & Söhne GmbH",
    "Price < Cost > Salvage",
    "Euro€Trade, Ltd.",
    "Peña’s Masonry",
    "100% Fencing #1; Gates",
    "Œuvre d'Art Inc.",
    "A&B&C Supply Co. (North/West)",
    "Žižka — Strojírna",
    "Tab\\Slash Works",
    "&amp; Already Escaped",
    "Garçon ½ Price Signs",
)
TRICKY_JOBS = (
    "Kitchen & Bath",
    "5' x 8\" deck",
    "Pier 9 Lobby",
    "Phase 2",
    "Lot #14, Unit <B>",
    "Rénovation d'été",
    "Roof – north side",
    "50% deposit job",
)
FIRST_WORDS = (
    "Alder", "Amber", "Ash", "Bayview", "Birch", "Bluff", "Bramble", "Cedar", "Cinder", "Cobalt",
    "Copper", "Coral", "Crest", "Delta", "Dogwood", "Drift", "Elm", "Ember", "Fern", "Flint",
    "Foxglove", "Garnet", "Granite", "Harbor", "Hawthorn", "Hazel", "Heron", "Hollow", "Indigo",
    "Iron", "Ivy", "Jasper", "Juniper", "Kestrel", "Lantern", "Laurel", "Linden", "Maple", "Marsh",
    "Meadow", "Mesa", "Mill", "Moss", "Northgate", "Oak", "Onyx", "Orchard", "Osprey", "Pebble",
    "Pine", "Plover", "Prairie", "Quarry", "Quill", "Raven", "Redwood", "Ridge", "River", "Rowan",
    "Saffron", "Sage", "Sandpiper", "Sequoia", "Slate", "Sorrel", "Spruce", "Sumac", "Tamarack",
    "Teal", "Thistle", "Timber", "Tundra", "Umber", "Valley", "Verbena", "Walnut", "Willow", "Wren",
)  # fmt: skip
TRADES = (
    "Tile", "Masonry", "Roofing", "Plumbing", "Electric", "Landscaping", "Interiors", "Cabinets",
    "Flooring", "Windows", "Builders", "Supply", "Dental", "Veterinary", "Bakery", "Logistics",
    "Printing", "Foundry", "Marine", "Optics", "Catering", "Textiles", "Signs", "Glass",
)  # fmt: skip
SUFFIXES = ("", "", " Co.", " LLC", " Inc.", " & Sons", " Group", " Partners", " Services")
JOB_WORDS = (
    "Lobby", "Warehouse", "Annex", "Store", "Clinic", "Garage", "Terrace", "Office", "Hall",
    "Stairwell", "Showroom", "Basement", "Courtyard", "Entrance", "Workshop", "Roof",
)  # fmt: skip
FIRST_NAMES = (
    "Ana", "Bela", "Carmen", "Dmitri", "Elif", "Farid", "Greta", "Hana", "Imre", "José", "Kaia",
    "Léa", "Mira", "Nils", "Odile", "Pavel", "Ravi", "Søren", "Tessa", "Uma", "Viktor", "Zoë",
)  # fmt: skip
LAST_NAMES = (
    "Abrams", "Belanger", "Castellan", "Dvorak", "Engel", "Fontaine", "Garrity", "Hollis", "Ibarra",
    "Jansen", "Kowalczyk", "Lindqvist", "Moreau", "Nakata", "O'Dell", "Pritchard", "Quist", "Rossi",
    "Sandoval", "Thorne", "Ueda", "Valdés", "Whitlock", "Yilmaz", "Zeller",
)  # fmt: skip
STREETS = ("Quay Street", "Mill Lane", "Orchard Rd", "Foundry Way", "Canal St", "Juniper Ave")
PLACES = {
    "us": (("Port Ellery", "WA", "981"), ("Cedar Falls", "OR", "972"), ("Millbrook", "NY", "125"),
           ("San Alder", "CA", "943"), ("Harlow Springs", "TX", "786")),
    "ca": (("Baie-Verte", "QC", "H2X "), ("Maple Ridge", "BC", "V2X "), ("Northport", "ON", "M4B "),
           ("Saint-Étienne", "QC", "G1K ")),
    "uk": (("Little Harlow", "Essex", "CM17 "), ("Port Brae", "Fife", "KY1 "),
           ("Ashcombe", "Devon", "EX2 "), ("Penhallow", "Cornwall", "TR4 ")),
}  # fmt: skip
ITEMS = (
    ("Tile:Porcelain 60x60", "part", "Porcelain 60x60, gray", 2250),
    ("Tile:Ceramic 20x20", "part", "Ceramic 20x20, white", 640),
    ("Stone:Slate", "part", "Slate, riven finish, per m²", 5890),
    ("Grout", "part", "Grout, 5 kg bag – fast setting", 1899),
    ("SuperGrip", "part", "SuperGrip™ adhesive, 20 kg", 3475),
    ("Labor", "service", "Setting crew, per hour", 5000),
    ("Design", "service", "Design & drawings", 9500),
    ("Délivery", "service", "Delivery, client’s site", 7500),
    ("Disposal", "charge", "Disposal of “old” floor", 12050),
    ("Sealer", "part", "Sealer, 1 gal. <low odour>", 4125),
)
PACKAGES = (
    ("Bathroom package", "Bathroom package: tile, grout, labor"),
    ("Entry package", "Entry package: stone, sealer, labor"),
)
MEMOS = (
    "",
    "Lobby floor, first delivery",
    "Café counter – 2½ m, client’s color, SuperGrip™\nsecond line of the memo",
    "Second of three part invoices",
    "Terms agreed by phone: 2% & free delivery",
)
REMARKS = (
    "Thank you for your business",
    "Prices hold for 30 days",
    "Includes 5' x 3\" remnant <B-grade>",
    "Délai de livraison : 3 semaines",
)
# For measurements: an invoice of five plain lines comes to about 4.7 KB.
LONG_MEMOS = tuple(
    f"{memo}. Ordered by phone, confirmed in writing; goods remain ours until paid in full. "
    "Questions about this invoice: please quote its number. Deliveries on weekdays between 7 and "
    "15 h; the driver rings half an hour ahead and needs a signature. Pallets are charged and "
    "credited on return, within 60 days & in good order. Claims within 8 days."
    for memo in MEMOS[1:]
)
