import { hex, type Rgb } from './color.ts';

/** The light of an hour of the day. */
export interface Mood {
  /** From the zenith to the horizon. */
  readonly sky: readonly Rgb[];
  readonly cloudLit: Rgb;
  readonly cloudShade: Rgb;
  readonly sun: Rgb;
  /** Height of the sun above the horizon as a fraction of the sky; it is not drawn where absent. */
  readonly sunHeight?: number;
  /** What falls on the land from the sun and from the sky. */
  readonly direct: Rgb;
  readonly ambient: Rgb;
  readonly haze: Rgb;
}

/** The hours that outdoor scenes choose from. */
export const MOODS = {
  sunset: {
    sky: ['#1f2f66', '#5b4a8c', '#c7617a', '#f99a5b', '#ffd98a'].map(hex),
    cloudLit: hex('#ffb98a'),
    cloudShade: hex('#6a4a78'),
    sun: hex('#fff0c0'),
    sunHeight: 0.16,
    direct: hex('#ffb478'),
    ambient: hex('#5a4a78'),
    haze: hex('#e89a78'),
  },
  dawn: {
    sky: ['#3f5f9f', '#7d8fc4', '#d9a9c0', '#ffcbb0', '#ffe6c4'].map(hex),
    cloudLit: hex('#ffe0d0'),
    cloudShade: hex('#a08ab8'),
    sun: hex('#fff6e0'),
    sunHeight: 0.22,
    direct: hex('#ffd2b0'),
    ambient: hex('#62709c'),
    haze: hex('#e8c4c0'),
  },
  noon: {
    sky: ['#1d5fb4', '#3f86d2', '#7db8ea', '#c4e2f6'].map(hex),
    cloudLit: hex('#ffffff'),
    cloudShade: hex('#a8b8cc'),
    sun: hex('#ffffff'),
    direct: hex('#fff2d8'),
    ambient: hex('#6a82a8'),
    haze: hex('#b4d0e8'),
  },
  dusk: {
    sky: ['#0c1438', '#1d2d68', '#4a4a90', '#a8648e', '#f0a07c'].map(hex),
    cloudLit: hex('#d0849a'),
    cloudShade: hex('#2e2e62'),
    sun: hex('#ffd8b0'),
    direct: hex('#8a78a8'),
    ambient: hex('#343c70'),
    haze: hex('#7c6494'),
  },
  storm: {
    sky: ['#2b3a4c', '#4a5c70', '#7c8a96', '#d8c8a0'].map(hex),
    cloudLit: hex('#b8c0c4'),
    cloudShade: hex('#3c4858'),
    sun: hex('#fff4d0'),
    sunHeight: 0.3,
    direct: hex('#f0d8a0'),
    ambient: hex('#48586c'),
    haze: hex('#98a4a8'),
  },
} as const satisfies Record<string, Mood>;
