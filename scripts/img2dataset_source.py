"""Lets img2dataset's source run where some of what it imports is missing: import this before it.

What it imports and the scripts here do not use may be missing (fire, wandb, exifread, and braceexpand of the webdataset library, whose
patterns stand for themselves then). In the place of albumentations stand the OpenCV calls that its transforms make, with the sizes that
version 1.3.1 computes: test/decode/fixtures/save-geometry.json has some that the library itself gave.
"""

import sys
import types

import cv2


def stand_in(name, **parts):
    """A module in the place of one that is not installed."""
    try:
        __import__(name)
    except ImportError:
        module = types.ModuleType(name)
        module.__dict__.update(parts)
        sys.modules[name] = module


class MaxSize:
    """Brings a side of an image to a size."""

    def __init__(self, max_size, interpolation, p):
        self.max_size, self.interpolation = max_size, interpolation

    def __call__(self, image):
        height, width = image.shape[:2]
        scale = self.max_size / self.side(height, width)
        size = (round(width * scale), round(height * scale))
        return {"image": image if scale == 1 else cv2.resize(image, size, interpolation=self.interpolation)}


class SmallestMaxSize(MaxSize):
    side = staticmethod(min)


class LongestMaxSize(MaxSize):
    side = staticmethod(max)


class CenterCrop:
    def __init__(self, height, width):
        self.height, self.width = height, width

    def __call__(self, image):
        top = (image.shape[0] - self.height) // 2
        left = (image.shape[1] - self.width) // 2
        return {"image": image[top : top + self.height, left : left + self.width]}


class PadIfNeeded:
    """A border on both sides; of an odd one the larger part is to the right and below."""

    def __init__(self, min_height, min_width, border_mode, value, p):
        self.height, self.width, self.border_mode, self.value = min_height, min_width, border_mode, value

    def __call__(self, image):
        rows, columns = max(self.height - image.shape[0], 0), max(self.width - image.shape[1], 0)
        sides = (rows // 2, rows - rows // 2, columns // 2, columns - columns // 2)
        return {"image": cv2.copyMakeBorder(image, *sides, self.border_mode, value=self.value)}


stand_in("braceexpand", braceexpand=lambda pattern: [pattern])
for missing in ("fire", "wandb", "exifread", "webdataset"):
    stand_in(missing)
transforms = (SmallestMaxSize, LongestMaxSize, CenterCrop, PadIfNeeded)
stand_in("albumentations", **{transform.__name__: transform for transform in transforms})
