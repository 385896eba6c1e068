"""Writes the Keras files of this folder, in the layout of Keras, without Keras.

    python3 test/data/keras/make.py          (needs h5py and numpy)

Layouts: keras/src/legacy/saving/legacy_h5_format.py and keras/src/saving/saving_lib.py of Keras 3, and
tensorflow/python/keras/saving/hdf5_format.py of Keras 2. The weights are random. expected.json has an input for each file, and
the output that numpy computes from the same weights.
"""

import io
import json
import os
import zipfile

import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(7)
expected = {}


def at(name):
    return os.path.join(HERE, name)


def weights(*shape):
    return ((rng.random(shape) - 0.5) * 0.8).astype("float32")


def variance(*shape):
    return (0.5 + rng.random(shape)).astype("float32")


# What the layers compute, for one picture [height, width, channels].


def conv(x, kernel, bias=None, strides=1):
    """padding='same'"""
    k = kernel.shape[0]
    size = [-(-n // strides) for n in x.shape[:2]]
    missing = [max((s - 1) * strides + k - n, 0) for s, n in zip(size, x.shape[:2])]
    x = np.pad(x, [(m // 2, m - m // 2) for m in missing] + [(0, 0)])
    y = np.zeros((*size, kernel.shape[3]))
    for i in range(size[0]):
        for j in range(size[1]):
            window = x[i * strides : i * strides + k, j * strides : j * strides + k]
            y[i, j] = np.tensordot(window, kernel, 3)
    return y if bias is None else y + bias


def batch_norm(x, gamma, beta, mean, var):
    return gamma * (x - mean) / np.sqrt(var + 0.001) + beta


def relu(x):
    return np.maximum(x, 0)


def max_pool(x):
    h, w, c = x.shape
    return x.reshape(h // 2, 2, w // 2, 2, c).max((1, 3))


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


# Configurations


def keras2(class_name, name, inbound=None, **config):
    layer = {"class_name": class_name, "config": {"name": name, "trainable": True, "dtype": "float32", **config}}
    if inbound is not None:
        layer["name"] = name
        layer["inbound_nodes"] = [[[source, 0, 0, {}] for source in inbound]] if inbound else []
    return layer


def keras3(class_name, name, inbound=None, module="keras.layers", **config):
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}
    layer = {
        "module": module,
        "class_name": class_name,
        "config": {"name": name, "trainable": True, "dtype": policy, **config},
        "registered_name": None,
    }
    if inbound is not None:
        tensors = [
            {
                "class_name": "__keras_tensor__",
                "config": {"shape": [None], "dtype": "float32", "keras_history": [source, 0, 0]},
            }
            for source in inbound
        ]
        layer["name"] = name
        args = [tensors] if len(tensors) > 1 else tensors
        layer["inbound_nodes"] = [{"args": args, "kwargs": {}}] if inbound else []
    return layer


def model_config(class_name, name, layers, **config):
    return {"class_name": class_name, "config": {"name": name, "trainable": True, "layers": layers, **config}}


CONV = {"kernel_size": [3, 3], "strides": [1, 1], "padding": "same", "data_format": "channels_last", "use_bias": True}
POOL = {"pool_size": [2, 2], "strides": [2, 2], "padding": "valid", "data_format": "channels_last"}
NORM = {"axis": [3], "momentum": 0.99, "epsilon": 0.001, "center": True, "scale": True}


# Files


def set_texts(group, name, texts):
    """save_attributes_to_hdf5_group: what is longer than an object header becomes several attributes."""
    data = np.asarray(texts)
    parts = 1
    while any(part.nbytes > 64512 for part in np.array_split(data, parts)):
        parts += 1
    if parts == 1:
        group.attrs[name] = texts
    else:
        for i, part in enumerate(np.array_split(data, parts)):
            group.attrs[f"{name}{i}"] = part


def save_h5(name, config, version, groups, libver="earliest", optimizer=False, **storage):
    """groups: for each layer, its name and its weights [(name, values)]."""
    with h5py.File(at(name), "w", libver=libver) as f:
        f.attrs["backend"] = b"tensorflow"
        f.attrs["keras_version"] = version.encode()
        f.attrs["model_config"] = json.dumps(config).encode()
        f.attrs["training_config"] = b'{"loss": "categorical_crossentropy"}'
        g = f.create_group("model_weights")
        set_texts(g, "layer_names", [layer.encode() for layer, _ in groups])
        g.attrs["backend"] = b"tensorflow"
        g.attrs["keras_version"] = version.encode()
        for layer, own in sorted(groups):
            group = g.create_group(layer)
            set_texts(group, "weight_names", [path.encode() for path, _ in own])
            for path, values in own:
                group.create_dataset(path, data=values, **(storage if values.size > 8 else {}))
        g.create_group("top_level_model_weights").attrs["weight_names"] = []
        if optimizer:
            f.create_group("optimizer_weights").create_dataset("iter:0", data=np.int64(12))


def save_keras(name, config, version, variables, compression=zipfile.ZIP_STORED):
    """variables: by the path of each layer, its weights in order."""
    memory = io.BytesIO()
    with h5py.File(memory, "w") as f:
        for path, own in variables.items():
            group = (f.create_group(path) if path else f).create_group("vars")
            for i, values in enumerate(own):
                group[str(i)] = values
    metadata = {"keras_version": version, "date_saved": "2025-01-01@00:00:00"}
    with zipfile.ZipFile(at(name), "w", compression) as archive:
        for entry, data in [
            ("metadata.json", json.dumps(metadata)),
            ("config.json", json.dumps(config)),
            ("model.weights.h5", memory.getvalue()),
        ]:
            archive.writestr(zipfile.ZipInfo(entry, (2025, 1, 1, 0, 0, 0)), data, compression)


def expect(name, x, y):
    expected[name] = {"input": x.flatten().tolist(), "shape": list(x.shape), "output": np.asarray(y).flatten().tolist()}


# A Sequential of Keras 2


def sequential_keras2():
    k1, b1, k2, b2 = weights(3, 3, 3, 4), weights(4), weights(64, 3), weights(3)
    norm = weights(4), weights(4), weights(4), variance(4)
    config = model_config(
        "Sequential",
        "sequential",
        [
            keras2("InputLayer", "conv2d_input", batch_input_shape=[None, 8, 8, 3], sparse=False, ragged=False),
            keras2("Conv2D", "conv2d", filters=4, activation="linear", **CONV),
            keras2("BatchNormalization", "batch_normalization", **NORM),
            keras2("Activation", "activation", activation="relu"),
            keras2("MaxPooling2D", "max_pooling2d", **POOL),
            keras2("Dropout", "dropout", rate=0.5, noise_shape=None, seed=None),
            keras2("Flatten", "flatten", data_format="channels_last"),
            keras2("Dense", "dense", units=3, activation="softmax", use_bias=True),
        ],
    )
    x = rng.random((8, 8, 3)).astype("float32")
    y = max_pool(relu(batch_norm(conv(x, k1, b1), *norm)))
    return config, (k1, b1, norm, k2, b2), x, softmax(y.flatten() @ k2 + b2)


NORM_NAMES = ["gamma", "beta", "moving_mean", "moving_variance"]


def keras2_groups(w):
    k1, b1, norm, k2, b2 = w
    return [
        ("conv2d", [("conv2d/kernel:0", k1), ("conv2d/bias:0", b1)]),
        ("batch_normalization", [(f"batch_normalization/{n}:0", v) for n, v in zip(NORM_NAMES, norm)]),
        ("activation", []),
        ("max_pooling2d", []),
        ("dropout", []),
        ("flatten", []),
        ("dense", [("dense/kernel:0", k2), ("dense/bias:0", b2)]),
    ]


config, w, x, y = sequential_keras2()
save_h5("sequential-keras2.h5", config, "2.15.0", keras2_groups(w), optimizer=True)
expect("sequential-keras2.h5", x, y)
# The same in other forms of HDF5: a new superblock and links; packed chunks; float64, float16 and big-endian weights.
save_h5("sequential-latest.h5", config, "2.15.0", keras2_groups(w), libver="latest")
expect("sequential-latest.h5", x, y)
save_h5(
    "sequential-packed.h5", config, "2.15.0", keras2_groups(w), chunks=True, compression="gzip", shuffle=True, fletcher32=True
)
expect("sequential-packed.h5", x, y)
as_64 = [(layer, [(n, v.astype(">f8")) for n, v in own]) for layer, own in keras2_groups(w)]
save_h5("sequential-float64.h5", config, "2.15.0", as_64)
expect("sequential-float64.h5", x, y)

# The names of these variables are those of other layers: a layer was renamed after it had been made.
renamed = json.loads(json.dumps(config).replace('"dense"', '"head"'))
save_h5("renamed.h5", renamed, "2.15.0", [("head" if n == "dense" else n, own) for n, own in keras2_groups(w)])
expect("renamed.h5", x, y)

# What Keras 3 writes as .h5: weights are named by their path


def keras3_layers(inputs=True):
    return ([keras3("InputLayer", "input_layer", batch_shape=[None, 8, 8, 3], sparse=False)] if inputs else []) + [
        keras3("Conv2D", "conv2d", filters=4, activation="linear", groups=1, **CONV),
        keras3("BatchNormalization", "batch_normalization", **{**NORM, "axis": -1}),
        keras3("Activation", "activation", activation="relu"),
        keras3("MaxPooling2D", "max_pooling2d", **POOL),
        keras3("Dropout", "dropout", rate=0.5, seed=None, noise_shape=None),
        keras3("Flatten", "flatten", data_format="channels_last"),
        keras3("Dense", "dense", units=3, activation="softmax", use_bias=True),
    ]


config3 = {"module": "keras", **model_config("Sequential", "sequential", keras3_layers()), "registered_name": None}
groups3 = [(n, [("sequential/" + p.replace(":0", ""), v) for p, v in own]) for n, own in keras2_groups(w)]
save_h5("sequential-keras3.h5", config3, "3.9.0", groups3)
expect("sequential-keras3.h5", x, y)

seed_state = np.array([1, 2], dtype="uint32")
k1, b1, norm, k2, b2 = w
variables3 = {
    "": [],
    "layers/conv2d": [k1, b1],
    "layers/batch_normalization": list(norm),
    "layers/activation": [],
    "layers/max_pooling2d": [],
    "layers/dropout": [],
    "layers/dropout/seed_generator": [seed_state],
    "layers/flatten": [],
    "layers/dense": [k2, b2],
    "optimizer": [np.int64(3)],
}
save_keras("sequential.keras", config3, "3.9.0", variables3)
expect("sequential.keras", x, y)

# A Teachable Machine export: models within a model, and variables with the names of the inner layers


def teachable():
    k1, k2, k3, b3, k4 = weights(3, 3, 3, 4), weights(1, 1, 4, 6), weights(6, 5), weights(5), weights(5, 2)
    norm = weights(4), weights(4), weights(4), variance(4)
    shape = {"batch_input_shape": [None, 8, 8, 3], "sparse": False, "ragged": False}
    inner = keras2(
        "Functional",
        "model1",
        layers=[
            keras2("InputLayer", "input_1", [], **shape),
            keras2("Conv2D", "Conv1", ["input_1"], filters=4, activation="linear", **{**CONV, "strides": [2, 2], "use_bias": False}),
            keras2("BatchNormalization", "bn_Conv1", ["Conv1"], **NORM),
            keras2("ReLU", "Conv1_relu", ["bn_Conv1"], max_value=6, negative_slope=0.0, threshold=0.0),
            keras2("Conv2D", "out", ["Conv1_relu"], filters=6, activation="linear", **{**CONV, "kernel_size": [1, 1], "use_bias": False}),
        ],
        input_layers=[["input_1", 0, 0]],
        output_layers=[["out", 0, 0]],
    )
    config = model_config(
        "Sequential",
        "sequential_4",
        [
            keras2("InputLayer", "sequential_1_input", **shape),
            keras2(
                "Sequential",
                "sequential_1",
                layers=[
                    keras2("InputLayer", "model1_input", **shape),
                    inner,
                    keras2("GlobalAveragePooling2D", "global_average_pooling2d_1", data_format="channels_last"),
                ],
            ),
            keras2(
                "Sequential",
                "sequential_3",
                layers=[
                    keras2("InputLayer", "dense_Dense1_input", batch_input_shape=[None, 6], sparse=False, ragged=False),
                    keras2("Dense", "dense_Dense1", units=5, activation="relu", use_bias=True),
                    keras2("Dense", "dense_Dense2", units=2, activation="softmax", use_bias=False),
                ],
            ),
        ],
    )
    groups = [
        (
            "sequential_1",
            # Weights that are trained come first, in the whole group.
            [("Conv1/kernel:0", k1), ("bn_Conv1/gamma:0", norm[0]), ("bn_Conv1/beta:0", norm[1]), ("out/kernel:0", k2)]
            + [("bn_Conv1/moving_mean:0", norm[2]), ("bn_Conv1/moving_variance:0", norm[3])],
        ),
        ("sequential_3", [("dense_Dense1/kernel:0", k3), ("dense_Dense1/bias:0", b3), ("dense_Dense2/kernel:0", k4)]),
    ]
    x = (rng.random((8, 8, 3)) * 2 - 1).astype("float32")
    y = np.minimum(relu(batch_norm(conv(x, k1, strides=2), *norm)), 6)
    y = conv(y, k2).mean((0, 1))
    return config, groups, x, softmax(relu(y @ k3 + b3) @ k4)


os.makedirs(at("teachable"), exist_ok=True)
config, groups, x, y = teachable()
save_h5("teachable/keras_model.h5", config, "2.4.0", groups)
expect("teachable/keras_model.h5", x, y)
with open(at("teachable/labels.txt"), "w") as f:
    f.write("0 red squirrel\n1 cat\n")

# A functional model of Keras 3 with branches, a function, and two models within it whose layers have the same names


def block(name, filters):
    layers = [
        keras3("InputLayer", f"{name}_input", [], batch_shape=[None, 8, 8, 4], sparse=False),
        keras3("Conv2D", "conv", [f"{name}_input"], filters=filters, activation="relu", **CONV),
        keras3("Conv2D", "narrow", ["conv"], filters=4, activation="linear", **CONV),
    ]
    inner = keras3(
        "Functional",
        name,
        module="keras.src.models.functional",
        layers=layers,
        input_layers=[[f"{name}_input", 0, 0]],
        output_layers=[["narrow", 0, 0]],
    )
    return inner, (weights(3, 3, 4, filters), weights(filters), weights(3, 3, filters, 4), weights(4))


def nested(prefix, count_twice):
    """prefix: the name of the group of layers. count_twice: Keras 2.13 counts each layer that has weights twice."""
    names = [prefix + "/conv2d", prefix + ("/conv2d_2" if count_twice else "/conv2d_1")]
    models = [prefix + "/functional", prefix + ("/functional_2" if count_twice else "/functional_1")]
    stem, last = (weights(3, 3, 3, 4), weights(4)), (weights(3, 3, 4, 2), weights(2))
    (a, wa), (b, wb) = block("left", 3), block("right", 5)
    head = weights(8 * 8 * 2, 3), weights(3)
    calls = lambda node, sources: {**node, "name": node["config"]["name"], "inbound_nodes": keras3("x", "x", sources)["inbound_nodes"]}
    add = keras3("Add", "add", ["left", "right"], module="keras.src.ops.numpy" if not count_twice else "keras.layers")
    relu_layer = keras3("ReLU", "re_lu", ["add"], max_value=None, negative_slope=0.0, threshold=0.0)
    layers = [
        keras3("InputLayer", "input_layer", [], batch_shape=[None, 8, 8, 3], sparse=False),
        keras3("Conv2D", "stem", ["input_layer"], filters=4, activation="relu", **CONV),
        calls(a, ["stem"]),
        calls(b, ["stem"]),
        {**add, "inbound_nodes": keras3("x", "x", ["left", "right"])["inbound_nodes"]} if count_twice else functional_add(add),
        relu_layer,
        keras3("Conv2D", "last", ["re_lu"], filters=2, activation="linear", **CONV),
        keras3("Flatten", "flatten", ["last"], data_format="channels_last"),
        keras3("Dense", "head", ["flatten"], units=3, activation="softmax", use_bias=True),
    ]
    config = {
        "module": "keras.src.models.functional",
        **model_config("Functional", "two_blocks", layers, input_layers=[["input_layer", 0, 0]], output_layers=[["head", 0, 0]]),
        "registered_name": "Functional",
    }
    inner = lambda group, w: {
        group: [],
        f"{group}/{prefix}/input_layer": [],
        f"{group}/{prefix}/conv2d": list(w[:2]),
        f"{group}/{prefix}/{'conv2d_2' if count_twice else 'conv2d_1'}": list(w[2:]),
    }
    variables = {
        "": [],
        f"{prefix}/input_layer": [],
        names[0]: list(stem),
        **inner(models[0], wa),
        **inner(models[1], wb),
        **({f"{prefix}/add": []} if count_twice else {}),
        f"{prefix}/re_lu": [],
        names[1]: list(last),
        f"{prefix}/flatten": [],
        f"{prefix}/dense": list(head),
    }
    x = rng.random((8, 8, 3)).astype("float32")
    y = relu(conv(x, *stem))
    run = lambda w: conv(relu(conv(y, *w[:2])), *w[2:])
    y = conv(relu(run(wa) + run(wb)), *last)
    return config, variables, x, softmax(y.flatten() @ head[0] + head[1])


def functional_add(layer):
    """keras.ops.add(left, right): both tensors are arguments, not a list."""
    (node,) = layer["inbound_nodes"]
    return {**layer, "inbound_nodes": [{"args": node["args"][0], "kwargs": {}}]}


def keras2_nodes(model):
    """Keras 2.13 writes the inputs of a call as lists."""
    for layer in model["config"].get("layers", []):
        for i, node in enumerate(layer.get("inbound_nodes", [])):
            tensors = np.ravel(node["args"]).tolist()
            layer["inbound_nodes"][i] = [[*tensor["config"]["keras_history"], {}] for tensor in tensors]
        keras2_nodes(layer)


config, variables, x, y = nested("layers", False)
save_keras("two-blocks.keras", config, "3.9.0", variables)
v = variables
inner_groups = lambda name, group: (
    name,
    [(f"{layer}/{w}", v[f"{group}/layers/{conv}"][i]) for layer, conv in [("conv", "conv2d"), ("narrow", "conv2d_1")] for i, w in enumerate(["kernel", "bias"])],
)
plain = lambda name, group: (name, [(f"{name}/{w}", v[group][i]) for i, w in enumerate(["kernel", "bias"])])
save_h5(
    "two-blocks.h5",
    config,
    "3.9.0",
    [plain("stem", "layers/conv2d"), inner_groups("left", "layers/functional"), inner_groups("right", "layers/functional_1")]
    + [plain("last", "layers/conv2d_1"), plain("head", "layers/dense")],
)
expect("two-blocks.h5", x, y)
expect("two-blocks.keras", x, y)
config, variables, x, y = nested("_layer_checkpoint_dependencies", True)
keras2_nodes(config)
save_keras("two-blocks-keras2.13.keras", config, "2.13.1", variables, zipfile.ZIP_DEFLATED)
expect("two-blocks-keras2.13.keras", x, y)
# On Windows, Keras 2 joins the names of groups by a backslash, which HDF5 takes for a part of a name.
on_windows = {path.replace("/", "\\"): own for path, own in variables.items()}
save_keras("two-blocks-windows.keras", config, "2.13.1", on_windows)
expect("two-blocks-windows.keras", x, y)

# Names that need several attributes

long_names = [f"layer_{i:02}_" + "x" * 900 for i in range(75)]
kernels = [2.5 * weights(4, 4) for _ in long_names]
config = model_config(
    "Sequential",
    "long_names",
    [keras2("InputLayer", "in", batch_input_shape=[None, 4])]
    + [keras2("Dense", name, units=4, activation="linear", use_bias=False) for name in long_names],
)
save_h5("long-names.h5", config, "2.15.0", [(n, [(f"{n}/kernel:0", k)]) for n, k in zip(long_names, kernels)], libver="v108")
x = rng.random(4).astype("float32")
y = x
for kernel in kernels:
    y = y @ kernel
expect("long-names.h5", x, y)

# A layer with a counter among its weights

mean, var = weights(3), variance(3)
config = model_config(
    "Sequential",
    "counted",
    [
        keras2("InputLayer", "in", batch_input_shape=[None, 2, 2, 3]),
        keras2("Normalization", "normalization", axis=[-1], mean=None, variance=None),
        keras2("Flatten", "flatten", data_format="channels_last"),
    ],
)
groups = [("normalization", [(f"{n}:0", v) for n, v in [("mean", mean), ("variance", var), ("count", np.int64(12))]])]
save_h5("counted.h5", config, "2.11.0", groups)
x = rng.random((2, 2, 3)).astype("float32")
expect("counted.h5", x, (x - mean) / np.sqrt(var))

# Files that are not whole models

with h5py.File(at("weights-only.h5"), "w") as f:
    f.attrs["layer_names"] = [b"dense"]
    f.create_group("dense").attrs["weight_names"] = [b"dense/kernel:0"]
    f["dense/dense/kernel:0"] = weights(4, 3)
with h5py.File(at("not-keras.h5"), "w") as f:
    f["data"] = weights(4, 3)

# Forms of HDF5 that Keras does not write by itself

numbers = np.arange(7 * 5 * 3, dtype="float32").reshape(7, 5, 3)
for name, libver in [("forms-earliest.h5", "earliest"), ("forms-latest.h5", "latest")]:
    with h5py.File(at(name), "w", libver=libver) as f:
        for kind in ["<f4", ">f4", "<f2", ">f2", "<f8", ">f8"]:
            f[f"float{kind}"] = numbers.astype(kind)
        f["int64"] = numbers.astype("int64")
        f["scalar"] = np.float32(3.5)
        f["empty"] = np.zeros((0, 3), "float32")
        f.create_dataset("chunks", data=numbers, chunks=(2, 3, 2))
        f.create_dataset("deflate", data=numbers, chunks=(2, 3, 2), compression="gzip")
        f.create_dataset("shuffle", data=numbers, chunks=(7, 2, 3), compression="gzip", shuffle=True)
        f.create_dataset("checksum", data=numbers, chunks=(4, 5, 1), shuffle=True, fletcher32=True)
        f.create_dataset("one", data=numbers, chunks=(7, 5, 3))
        f.create_dataset("one-packed", data=numbers, chunks=(7, 5, 3), compression="gzip")
        f.create_dataset("missing", shape=(4,), dtype="float32", chunks=(2,))[:2] = 1
        f.create_dataset("lzf", data=numbers, chunks=(7, 5, 3), compression="lzf")
        # bfloat16: 1 bit for the sign, 8 for the exponent, 7 for the fraction.
        bfloat16 = h5py.h5t.IEEE_F16LE.copy()
        bfloat16.set_fields(15, 7, 8, 0, 7)
        bfloat16.set_ebias(127)
        dataset = h5py.h5d.create(f.id, b"bfloat16", bfloat16, h5py.h5s.create_simple((3,)))
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([0x3FC0, 0xC000, 0x4049], "<u2"), bfloat16)
        # Keras 3 writes it as two bytes of no type, and says what they are.
        f["bfloat16 of Keras"] = np.array([0x3FC0, 0xC000, 0x4049], "<u2").view("V2")
        f["bfloat16 of Keras"].attrs["dtype"] = "bfloat16"
        compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        compact.set_layout(h5py.h5d.COMPACT)
        small = h5py.h5d.create(f.id, b"compact", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((3,)), compact)
        small.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([1, 2, 3], "<f4"))
        f["soft"] = h5py.SoftLink("/int64")
        f["elsewhere"] = h5py.ExternalLink("other.h5", "/x")
        f["circle"] = f
        f.attrs["long"] = "x" * 70_000
        f.attrs["fixed"] = np.bytes_(b"abc")
        f.attrs["list"] = [b"a", b"bcd", "\u00fc".encode()]
        f.attrs["texts"] = ["one", "", "three"]
        f.attrs["none"] = []
        f.attrs["number"] = 7
        for i in range(300):
            f.attrs[f"attribute {i}"] = f"value {i}"
        f.create_group("groups/0/inner")
        for i in range(1, 300):
            f[f"groups/{i}"] = f["groups/0"]

with open(at("expected.json"), "w") as f:
    json.dump(expected, f)
    f.write("\n")
