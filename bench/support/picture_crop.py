"""Downloads a picture and makes the crop that an encoder takes, as one writes it in Python."""
import io
import threading
from http.client import HTTPConnection
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

thread = threading.local()


def download(url):
    """A thread keeps its connection to each host."""
    place = urlsplit(url)
    connections = thread.__dict__.setdefault("connections", {})
    if place.netloc not in connections:
        connections[place.netloc] = HTTPConnection(place.hostname, place.port)
    connections[place.netloc].request("GET", place.path)
    return connections[place.netloc].getresponse().read()


def crop(url, size):
    """uint8 [size, size, 3]: the short side to size (bicubic), and the middle of it."""
    image = Image.open(io.BytesIO(download(url))).convert("RGB")
    scale = size / min(image.size)
    width, height = (max(size, int(side * scale)) for side in image.size)
    image = image.resize((width, height), Image.Resampling.BICUBIC)
    left, top = round((width - size) / 2), round((height - size) / 2)
    return np.asarray(image.crop((left, top, left + size, top + size)))
