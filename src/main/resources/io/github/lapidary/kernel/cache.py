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

def slide(x: Tensor, range: List[int]) -> Tensor:
  # moves positions [from, to) to the front, in place
  begin, end = range
  x[:, :end - begin] = torch.clone(x[:, begin:end])
  return x

def copied(x: Tensor) -> Tensor:
  return torch.clone(x)
