# What the engine's own functions are worth on this kind of device.

def attends_well() -> bool:
  # whether its attention is faster than products and a softmax one after another
  return True

def rows_at_once() -> int:
  # packed products are fastest for a multiple of so many rows
  return 16

def multiplies_vectors_well() -> bool:
  # whether a bfloat16 matrix times a vector is faster than times a matrix of one row
  return True

def fewest_rows() -> int:
  # packed products with large weights are faster with so many rows than with fewer
  return 1
