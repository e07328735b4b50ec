"""Makes quantised.gguf and quantised_expected.safetensors.

Needs PyPI gguf 0.19.0, numpy and safetensors. The GGUF file holds a tensor of each type that the
library reads, and a key of each type; the other file holds the tensors as gguf dequantises them.
gguf quantises only some types itself: blocks of the others are random bytes with finite scales.
"""

import pathlib

import gguf
import numpy
from gguf import GGMLQuantizationType as Type
from gguf import GGUFValueType as Value
from safetensors.numpy import save_file

ROWS, COLUMNS = 3, 1024
SCALES_AT = {Type.Q2_K: 80, Type.Q3_K: 108, Type.Q4_K: 0, Type.Q5_K: 0, Type.Q6_K: 208}
SCALES = {Type.Q2_K: 2, Type.Q3_K: 1, Type.Q4_K: 2, Type.Q5_K: 2, Type.Q6_K: 1}

folder = pathlib.Path(__file__).parent
random = numpy.random.default_rng(20)
writer = gguf.GGUFWriter(folder / "quantised.gguf", "test")
expected = {}


def weights():
    values = random.normal(0, 0.05, (ROWS, COLUMNS)).astype(numpy.float32)
    values[1, :256] = 0
    values[1, 300] = 100
    values[2] *= numpy.float32(1e-6)
    return values


def random_blocks(kind):
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (ROWS * COLUMNS // elements, size), dtype=numpy.uint8)
    count = SCALES[kind]
    scales = random.normal(0, 0.01, (len(blocks), count)).astype(numpy.float16)
    scales[0], scales[1], scales[2] = 0, 3e-7, -65504
    blocks[:, SCALES_AT[kind] : SCALES_AT[kind] + 2 * count] = scales.view(numpy.uint8)
    return blocks.reshape(ROWS, -1)


def add(kind, data):
    writer.add_tensor(kind.name.lower(), data, raw_dtype=kind)
    floats = gguf.quants.dequantize(data, kind)
    assert floats.dtype == numpy.float32 and numpy.isfinite(floats).all()
    expected[kind.name.lower()] = numpy.ascontiguousarray(floats.reshape(ROWS, COLUMNS))


writer.add_custom_alignment(64)
for kind in (Type.F32, Type.F16, Type.BF16, Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, Type.Q8_0):
    add(kind, gguf.quants.quantize(weights(), kind))
for kind in SCALES:
    add(kind, random_blocks(kind))
for name, dtype in (("i8", "i1"), ("i16", "i2"), ("i32", "i4"), ("i64", "i8"), ("f64", "f8")):
    writer.add_tensor(name, numpy.arange(24, dtype=dtype).reshape(2, 3, 4))
writer.add_tensor("vector", numpy.arange(5, dtype=numpy.float32))

for value, number in (
    (Value.UINT8, 200),
    (Value.INT8, -100),
    (Value.UINT16, 60_000),
    (Value.INT16, -30_000),
    (Value.UINT32, 4_000_000_000),
    (Value.INT32, -2_000_000_000),
    (Value.UINT64, 2**63 - 1),
    (Value.INT64, -(2**63)),
    (Value.FLOAT32, 0.1),
    (Value.FLOAT64, 0.1),
    (Value.BOOL, True),
    (Value.STRING, "Grüße, 世界 🌍"),
):
    writer.add_key_value(f"test.{value.name.lower()}", number, value)
writer.add_key_value("test.strings", ["a", "", "\ufffd", "ß" * 200_000], Value.ARRAY)
writer.add_key_value("test.integers", [1, -2, 3], Value.ARRAY)
writer.add_key_value("test.bytes", bytes([1, 255]), Value.ARRAY, Value.UINT8)
writer.add_key_value("test.reals", [0.5, -1.5], Value.ARRAY)
writer.add_key_value("test.truths", [True, False], Value.ARRAY)

writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
save_file(expected, folder / "quantised_expected.safetensors")
