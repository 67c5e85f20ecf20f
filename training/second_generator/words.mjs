/** The word lists of this generator: a market, a harbour, a workshop, an orchestra. */

/** @type {readonly (readonly [plural: string, singular: string])[]} */
export const THINGS = [
  ['crates', 'crate'],
  ['loaves', 'loaf'],
  ['pebbles', 'pebble'],
  ['tickets', 'ticket'],
  ['coins', 'coin'],
  ['stamps', 'stamp'],
  ['ferries', 'ferry'],
  ['melons', 'melon'],
  ['parcels', 'parcel'],
  ['shells', 'shell'],
  ['beads', 'bead'],
  ['petals', 'petal'],
  ['kites', 'kite'],
  ['wagons', 'wagon'],
  ['lanterns', 'lantern'],
  ['bottles', 'bottle'],
  ['ropes', 'rope'],
  ['tiles', 'tile'],
  ['seeds', 'seed'],
  ['eggs', 'egg'],
  ['towers', 'tower'],
  ['rivers', 'river'],
  ['trains', 'train'],
  ['guests', 'guest'],
  ['drums', 'drum'],
  ['songs', 'song'],
  ['cups', 'cup'],
  ['plates', 'plate'],
  ['barrels', 'barrel'],
  ['hens', 'hen'],
  ['boats', 'boat'],
  ['ladders', 'ladder'],
  ['candles', 'candle'],
  ['buckets', 'bucket'],
  ['blankets', 'blanket'],
  ['violins', 'violin'],
];

/** Names of one number. */
export const AMOUNTS = [
  'weight',
  'depth',
  'speed',
  'height',
  'fare',
  'width',
  'rain',
  'fuel',
  'heat',
  'distance',
  'pace',
  'rent',
  'load',
  'tide',
  'dose',
  'stock',
  'steps',
  'floor',
  'water',
  'wages',
  'area',
  'shift',
  'gap',
  'reach',
  'charge',
];

/** Names of what is gathered in a loop. */
export const SUMS = ['tally', 'overall', 'gathered', 'acc', 'score', 'balance', 'pile', 'grown', 'mix'];

/** Names of a yes or no. */
export const FLAGS = ['open', 'ready', 'fresh', 'heavy', 'paid', 'sunny', 'sealed', 'awake', 'loud', 'empty'];

export const VERBS = [
  'pack',
  'brew',
  'climb',
  'paint',
  'sail',
  'trade',
  'wrap',
  'knit',
  'harvest',
  'mend',
  'polish',
  'weigh',
  'carve',
  'fold',
  'steer',
  'stack',
  'rinse',
  'tune',
  'grind',
  'plant',
  'fetch',
  'bake',
  'row',
  'hang',
];

/** What stands in string literals. */
export const TEXTS = [
  'moss',
  'amber',
  'cedar',
  'north',
  'harbor',
  'copper',
  'velvet',
  'maple',
  'ginger',
  'willow',
  'pepper',
  'ivory',
  'thunder',
  'meadow',
  'canvas',
  'salt',
  'raven',
  'linen',
  'marble',
  'cocoa',
  'autumn',
  'basil',
  'dusk',
  'pearl',
];

/** Properties of objects. */
export const PROPERTIES = [
  'width',
  'height',
  'weight',
  'price',
  'age',
  'size',
  'rank',
  'pages',
  'seats',
  'level',
];

export const LETTERS = ['a', 'b', 'm', 'n', 'p', 'q', 't', 'u', 'v', 'w', 'z'];

/** @param {string} word */
export const capitalized = (word) => word.charAt(0).toUpperCase() + word.slice(1);
