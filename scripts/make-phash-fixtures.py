"""Writes test/decode/phash-expected.json: what Python's imagehash says of the pictures in test/decode/fixtures, and the conformance
vectors of the Image-Code of ISO 24138 (data.json of iscc-core), of whose bits the first 64 are the same hash.

    pip install pillow imagehash
    python3 scripts/make-phash-fixtures.py DATA_JSON
"""

import base64
import json
import pathlib
import sys

import imagehash
import PIL
from PIL import Image

folder = pathlib.Path(__file__).parent.parent / "test" / "decode"


def image_code_bits(iscc: str) -> str:
    """The first 64 bits of a code's body, as hexadecimal digits; two bytes are the header."""
    text = iscc.removeprefix("ISCC:")
    return base64.b32decode(text + "=" * (-len(text) % 8))[2:10].hex()


def main() -> None:
    vectors = json.loads(pathlib.Path(sys.argv[1]).read_text())["gen_image_code_v0"].values()
    names = sorted(path.name for path in (folder / "fixtures").iterdir() if path.suffix != ".json")
    expected = {
        "imagehash": imagehash.__version__,
        "pillow": PIL.__version__,
        "pictures": {name: str(imagehash.phash(Image.open(folder / "fixtures" / name))) for name in names},
        "imageCodes": [
            {
                "greyBase64": base64.b64encode(bytes(vector["inputs"][0])).decode(),
                "first64Bits": image_code_bits(vector["outputs"]["iscc"]),
            }
            for vector in vectors
        ],
    }
    (folder / "phash-expected.json").write_text(json.dumps(expected, indent=2) + "\n")


main()
