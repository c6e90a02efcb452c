import type { SceneName } from './pictures/scenes.ts';

const LAKE = [
  'Mountain lake with snowy peaks reflected in still water',
  'View over the lake towards the range',
  'Bergsee am Morgen, Blick nach Süden',
  'Lago de montaña rodeado de picos nevados',
  'landscape photography lake mountains reflection',
];

/** Alternative texts as the web has them: good, lazy, and in several languages. */
export const CAPTIONS: Readonly<Record<SceneName, readonly string[]>> = {
  'lake-sunset': [...LAKE, 'Sunset over an alpine lake', 'Coucher de soleil sur le lac'],
  'lake-dawn': [...LAKE, 'First light on the mountains, lake in the foreground'],
  'lake-noon': [...LAKE, 'Blue lake on a clear day'],
  'lake-dusk': [...LAKE, 'Blue hour at the lake'],
  'lake-storm': [...LAKE, 'Storm clearing over the lake'],
  meadow: [
    'Wildflowers in an alpine meadow',
    'Summer meadow below snowy mountains',
    '高山草甸与野花',
    'spring hike',
  ],
  dunes: ['Sand dunes in the evening light', 'Desert ripples', 'كثبان رملية', 'DSC_4471 dunes final edit'],
  night: [
    'Milky Way over the forest',
    'Northern lights above the trees',
    'Starry night sky, long exposure',
    '星空',
  ],
  city: [
    'City skyline at night with reflections',
    'Downtown at blue hour',
    'ночной город',
    'Skyline wallpaper 4k',
  ],
  bokeh: ['Out of focus city lights', 'Colourful bokeh background', 'Lights 😀 bokeh'],
  flower: [
    'Close-up of a flower with blurred background',
    'Macro flower photography',
    'Blüte in Nahaufnahme',
    'naïve daisy',
  ],
  forest: [
    'Sunbeams in a misty forest',
    'Autumn woods',
    'Path through tall trees in the fog',
    'Forêt dans la brume',
  ],
  sea: ['Sun setting over a calm sea', 'Ocean horizon with golden light', 'Seascape', 'mar al atardecer'],
  abstract: ['Abstract fluid art', 'Marbled paint texture', 'abstract background colorful'],
  balloons: [
    'Hot air balloons over the hills at sunrise',
    'Balloon festival',
    'Montgolfières au-dessus des collines',
  ],
  tree: ['Lone tree on a hill at sunset', 'Silhouette of a tree', 'Einsamer Baum', 'tree.jpg'],
  'text-scan': ['Terms and conditions page 3', 'Scanned document', 'Invoice template', 'scan0007'],
  screenshot: [
    'Screenshot of the settings window',
    'App user interface',
    'Screen Shot 2021-03-02 at 11.20.41',
  ],
  chart: ['Quarterly results bar chart', 'Figure 4: share by quarter', 'chart'],
  product: [
    'Shampoo bottle 250 ml, white background',
    'Buy online, free shipping',
    'Product photo',
    'SKU 40012-B',
  ],
  solid: ['Plain colour swatch', 'placeholder', 'Color sample'],
  snapshot: ['IMG_2031', 'room', 'for sale, pick up only', 'photo'],
  collage: ['My holiday in four pictures', 'Photo collage', '4 in 1'],
};
