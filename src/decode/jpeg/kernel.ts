import { instantiateKernel, type KernelMemory } from '../../base/wasm.ts';
import { jpegKernelBase64 } from './jpeg-kernel.generated.ts';

/** What kernels/jpeg.ts exports. Places in a file are addresses: `inputAt()` and the byte's offset. */
interface JpegKernel extends KernelMemory {
  inputAt(): number;
  /** Plans the memory; says how many bytes it takes, which must be reserved before anything else. */
  layOut(
    ...args: [
      fileBytes: number,
      width: number,
      height: number,
      components: number,
      lumaAcross: number,
      lumaDown: number,
      isProgressive: boolean,
    ]
  ): number;
  defineQuantisation(table: number, at: number): void;
  setQuantisation(component: number, table: number): void;
  /** Slots 0 to 3 are for DC, 4 to 7 for AC. Not 0 where it is a prefix code. */
  defineHuffman(slot: number, at: number): number;
  startScan(at: number, restartInterval: number): void;
  startSequential(dcSlots: number, acSlots: number): void;
  /** Not 0 where the data are as they should be. */
  decodeMcuRow(first: number, end: number): number;
  clearCoefficients(): void;
  /** `components`: a bit for each. As the other scans, not 0 where the data are as they should be. */
  decodeDcScan(components: number, dcSlots: number, isRefinement: boolean, low: number): number;
  decodeAcScan: AcScan;
  refineAcScan: AcScan;
  /** Makes the samples of a row of MCUs of a progressive picture, from `first` up to `end`. */
  transformMcuRow(row: number, first: number, end: number): void;
  /** The place of the marker behind a scan; 0 where its bits were too few or too many. */
  scanEnd(): number;
  /** How many rows of pixels it made, at `pixelsAt()`. */
  emitRows(...args: [row: number, left: number, right: number, top: number, bottom: number]): number;
  pixelsAt(): number;
}

type AcScan = (
  ...args: [component: number, slot: number, first: number, last: number, low: number]
) => number;

/** One for all pictures of a process: each lays its memory out anew, and has copied its pixels when it is done. */
export const jpegKernel = instantiateKernel<JpegKernel>(jpegKernelBase64);
