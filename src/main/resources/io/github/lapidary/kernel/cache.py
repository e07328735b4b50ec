# What one sequence remembers at one layer: keys or values [K, S, H], filled from the left, or the
# arrays of a recurrence.

def empty(like: Tensor, sizes: List[int]) -> Tensor:
  # sizes are [dtype, sizes]
  return torch.empty(sizes[1:], dtype=sizes[0], device=like.device)

def zeros(like: Tensor, sizes: List[int]) -> Tensor:
  # the same, of zeros
  return torch.zeros(sizes[1:], dtype=sizes[0], device=like.device)

def grown(x: Tensor, sizes: List[int]) -> Tensor:
  # the first of sizes [used, S] positions in a new state of S
  used, S = sizes
  y = torch.empty([x.size(0), S, x.size(2)], dtype=x.dtype, device=x.device)
  y[:, :used] = x[:, :used]
  return y

def slide(keys: Tensor, values: Tensor, range: List[int]) -> Tensor:
  # moves positions [from, to) of both to the front, in place; nothing moves if memory does not
  # suffice
  begin, end = range
  moved = torch.clone(keys[:, begin:end])
  others = torch.clone(values[:, begin:end])
  keys[:, :end - begin] = moved
  values[:, :end - begin] = others
  return keys

def copied(x: Tensor) -> Tensor:
  return torch.clone(x)
