"""Makes test/heads/saved-models: small SavedModels that TensorFlow itself saved, and what TensorFlow says they give.

Run once with Python 3 and TensorFlow:  python3 scripts/make-saved-model-fixtures.py
`encoded` is built as AutoKeras 1.0 built LAION's safety heads: some columns written as texts and looked up, then Keras's
Normalization and dense layers. `plain` has neither; `tanh` and `unknown-text` are models that must be refused.
"""
import json
import os
import shutil
import tempfile
import zipfile

import numpy as np
import tensorflow as tf

FOLDER = os.path.join(os.path.dirname(__file__), '..', 'test', 'heads', 'saved-models')
DIMENSION = 12
COLUMNS = (2, 7)
WIDTHS = (8, 5, 1)
RANDOM = np.random.default_rng(20260202)


def float16_texts(count):
    """What C's "%f" gives for float16 values of the size that embeddings have; 0.1328125 is a tie of the sixth decimal."""
    values = np.concatenate([np.float16([0.1328125, -0.1328125]), RANDOM.uniform(-0.7, 0.7, count).astype(np.float16)])
    return list(dict.fromkeys('%f' % value for value in values))


def table_of(texts):
    initialiser = tf.lookup.KeyValueTensorInitializer(tf.constant(texts), tf.range(1, len(texts) + 1, dtype=tf.int64))
    return tf.lookup.StaticHashTable(initialiser, 0)


class Dense(tf.Module):
    def __init__(self, inputs, outputs, name):
        super().__init__(name=name)
        self.kernel = tf.Variable((RANDOM.standard_normal((inputs, outputs)) / np.sqrt(inputs)).astype(np.float32), name=f'{name}/kernel')
        self.bias = tf.Variable(RANDOM.standard_normal(outputs).astype(np.float32) / 4, name=f'{name}/bias')

    def __call__(self, values):
        return tf.nn.bias_add(tf.matmul(values, self.kernel), self.bias)


class Classifier(tf.Module):
    def __init__(self, vocabularies=(), activation=tf.nn.relu):
        super().__init__()
        self.tables = [table_of(texts) for texts in vocabularies]
        self.activation = activation
        self.mean = tf.constant(RANDOM.standard_normal((1, DIMENSION)).astype(np.float32) / 8)
        self.variance = tf.constant((RANDOM.uniform(0.01, 1, (1, DIMENSION)) ** 2).astype(np.float32))
        sizes = (DIMENSION, *WIDTHS)
        self.layers = [Dense(a, b, f'dense_{i}') for i, (a, b) in enumerate(zip(sizes, sizes[1:]))]

    def encode(self, embedding):
        columns = tf.split(tf.cast(embedding, tf.float32), [1] * DIMENSION, axis=-1)
        for place, column in enumerate(columns):
            if place in COLUMNS:
                text = tf.strings.as_string(column)
                columns[place] = tf.cast(self.tables[COLUMNS.index(place)].lookup(text), tf.float32)
            else:
                columns[place] = tf.where(tf.math.is_nan(column), tf.zeros_like(column), column)
        return (tf.concat(columns, 1) - self.mean) / tf.maximum(tf.sqrt(self.variance), 1e-7)

    @tf.function(input_signature=[tf.TensorSpec((None, DIMENSION), tf.float64)])
    def __call__(self, embedding):
        values = self.encode(embedding) if self.tables else tf.cast(embedding, tf.float32)
        for layer in self.layers[:-1]:
            values = self.activation(layer(values))
        return tf.sigmoid(self.layers[-1](values))


def save(name, model, deflate=True):
    folder = tempfile.mkdtemp()
    tf.saved_model.save(model, folder, signatures=model.__call__.get_concrete_function())
    with zipfile.ZipFile(os.path.join(FOLDER, f'{name}.zip'), 'w') as archive:
        for base, _, files in sorted(os.walk(folder)):
            for file in sorted(files):
                path = os.path.join(base, file)
                entry = zipfile.ZipInfo(f'{name}/{os.path.relpath(path, folder)}', (2026, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
                with open(path, 'rb') as content:
                    archive.writestr(entry, content.read())
    shutil.rmtree(folder)


def expected(model, embeddings):
    return model(tf.constant(embeddings.astype(np.float16).astype(np.float64))).numpy()[:, 0].tolist()


def main():
    os.makedirs(FOLDER, exist_ok=True)
    embeddings = RANDOM.standard_normal((200, DIMENSION))
    embeddings = (embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)).astype(np.float32)
    # Values that are in a vocabulary, a tie among them, and one of which the sign alone is left.
    vocabularies = [float16_texts(300), [*float16_texts(300), '-0.000000']]
    embeddings[:40, COLUMNS[0]] = [float(text) for text in vocabularies[0][:40]]
    embeddings[40:80, COLUMNS[1]] = [float(text) for text in vocabularies[1][:40]]
    embeddings[80, COLUMNS[1]] = -1e-7
    encoded = Classifier(vocabularies)
    plain = Classifier()
    save('encoded', encoded)
    save('plain', plain, deflate=False)
    save('tanh', Classifier(vocabularies, tf.nn.tanh))
    save('unknown-text', Classifier([vocabularies[0], ['0.1234567', '0.500000']]))
    scores = {'encoded': expected(encoded, embeddings), 'plain': plain(tf.constant(embeddings.astype(np.float64))).numpy()[:, 0].tolist()}
    with open(os.path.join(FOLDER, 'expected.json'), 'w') as file:
        json.dump({'embeddings': embeddings.tolist(), 'scores': scores}, file)
        file.write('\n')


main()
