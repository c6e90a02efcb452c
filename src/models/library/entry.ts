import type { Label } from '../../samples/label.ts';
import type { Tag } from '../../samples/tags.ts';
import type { ScoreActivation } from '../manifest.ts';
import type { Activation, Interpolation, Resize } from './vocabulary.ts';

/** A file of a model, and where it is published. */
export type ModelFile = HubFile | UrlFile;

interface FileFacts {
  /** Its name in the cache. */
  readonly name: string;
  /** Where it is publicly known. */
  readonly sizeBytes?: number;
  /** In hex, where it is publicly known. */
  readonly sha256?: string;
}

/** A file of a repository on the Hugging Face hub. */
export interface HubFile extends FileFacts {
  /** `owner/name` */
  readonly hub: string;
  /** A commit, tag or branch. */
  readonly revision: string;
  /** Within the repository. */
  readonly path: string;
}

/** A file that lies at an address. */
export interface UrlFile extends FileFacts {
  readonly url: string;
}

/** How images are prepared for a model. */
export interface ImageFacts {
  /** Side of the square that the model takes, in pixels. */
  readonly inputSizePx: number;
  readonly resize: Resize;
  /** Of `short-side`: what the short side is brought to before the crop, in pixels. */
  readonly resizeSizePx?: number;
  readonly interpolation: Interpolation;
  /** Per channel RGB, of pixels scaled to 0..1. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  /** Of the layers; what weights alone do not say. */
  readonly activation: Activation;
}

interface EntryFacts {
  /** Heads state this name of their encoder; unlike an alias it is nobody else's. */
  readonly name: string;
  readonly aliases: readonly string[];
  /** One line for a person. */
  readonly description: string;
  /** SPDX's identifier, or the words of whoever publishes it. */
  readonly licence: string;
  /** The page of whoever publishes it. */
  readonly page?: string;
  /** The weights first; what is read beside them after it. */
  readonly files: readonly ModelFile[];
}

/** What makes embeddings of images. */
export interface EncoderEntry extends EntryFacts, ImageFacts {
  readonly kind: 'encoder';
  /** Length of an embedding. */
  readonly dimension: number;
  /** Of each layer, where neither the weights nor a configuration beside them says so. */
  readonly attentionHeads?: number;
  /** Which output is the embedding, where an ONNX file has several. */
  readonly output?: string;
  /** The head that `auto` means for `aesthetic`, by its name. */
  readonly aestheticHead?: string;
}

/** What a score of an embedding comes from. */
export interface HeadEntry extends EntryFacts {
  readonly kind: 'head';
  readonly tag: Tag;
  /** Name of the encoder that it was trained on. */
  readonly encoder: string;
  /** What its file does not say, as the manifest beside it would (docs/heads.md). */
  readonly manifest: Readonly<Record<string, unknown>>;
}

/** An image model that gives a tag by itself. */
export interface TagModelEntry extends EntryFacts, ImageFacts {
  readonly kind: 'tag-model';
  readonly tag: Tag;
  /** Which of the model's outputs is the tag, counted from 0. */
  readonly outputIndex: number;
  /** What follows the last layer. */
  readonly outputActivation: ScoreActivation;
  /** Of a regressor: what its scores stand for. */
  readonly label?: Label;
}

/** A model that is known by name. */
export type ModelEntry = EncoderEntry | HeadEntry | TagModelEntry;
