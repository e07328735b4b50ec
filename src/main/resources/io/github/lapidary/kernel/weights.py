# Weights on their way from a file to a kernel. Those that stay in their file are read-only by
# contract, and unmapped with the last handle on them.

def map(path: str, bytes: List[int]) -> Tensor:
  return torch.from_file(path, False, bytes[0], dtype=0)

def view(file: Tensor, place: List[int]) -> Tensor:
  # place is [dtype, offset in elements of it, how many elements the next part of the first dimension
  # comes later, sizes]
  strides = annotate(List[int], [])
  sizes = place[3:]
  for i in range(len(sizes)):
    stride = place[2]
    if i > 0:
      stride = 1
      for j in range(i + 1, len(sizes)):
        stride = stride * sizes[j]
    _0 = torch.append(strides, stride)
  return torch.empty([0], dtype=place[0]).set_(file, place[1], sizes, strides)

def empty(like: Tensor, sizes: List[int]) -> Tensor:
  # sizes are [dtype, sizes]
  return torch.empty(sizes[1:], dtype=sizes[0], device=like.device)

def zeros(like: Tensor) -> Tensor:
  return torch.zeros_like(like)

def sum(x: Tensor) -> Tensor:
  # of all elements -> [] float32; in pieces, as it is of float32 copies
  total = torch.zeros([], dtype=6, device=x.device)
  pieces = torch.split(torch.detach(x).view([-1]), 4194304)
  for i in range(len(pieces)):
    total = total + torch.sum(pieces[i].to(dtype=6))
  return total

def put(target: Tensor, part: Tensor, first: List[int]) -> Tensor:
  # writes part [n] from element first[0] of the target on, in the target's type
  y = torch.slice(target.view([-1]), 0, first[0], first[0] + part.numel())
  return torch.copy_(y, part.view([-1]))

def joined(parts: List[Tensor], like: Tensor, dtype: List[int]) -> Tensor:
  # parts one below another, in the type given, on the device of like, in memory of their own
  if len(parts) == 1:
    y = parts[0].to(device=like.device, dtype=dtype[0], copy=True)
  else:
    converted = annotate(List[Tensor], [])
    for i in range(len(parts)):
      _0 = torch.append(converted, parts[i].to(device=like.device, dtype=dtype[0]))
    y = torch.cat(converted)
  return y

def plus(x: Tensor, number: List[int]) -> Tensor:
  return x + number[0]

def packed(x: Tensor) -> Tensor:
  return __torch__.packing.pack(x)

def packed_part(x: Tensor, part: List[int]) -> Tensor:
  # the same of one of several matrices [E, O, I]
  return __torch__.packing.pack(torch.select(x, 0, part[0]))

def version(x: Tensor) -> Tensor:
  # [], another number whenever x is changed in place
  return torch.tensor(torch._version(x), dtype=4)

def dense(x: Tensor) -> Tensor:
  # the same in plain order
  if x.is_mkldnn:
    y = x.to_dense()
  else:
    y = x
  return y

def part(x: Tensor, range: List[int]) -> Tensor:
  # elements [from, to) as float32
  begin, end = range
  size = max(1, x.numel() // x.size(0))  # of a part of the first dimension; parts may lie apart
  first = begin // size
  flat = torch.slice(x, 0, first, (end + size - 1) // size).reshape([-1])
  return torch.slice(flat, 0, begin - first * size, end - first * size).to(dtype=6, copy=True)

def sample(x: Tensor, elements: List[int]) -> Tensor:
  # some elements as float32, the same for every layout of the weight -> [n]: of a matrix the middle
  # column or, if elements are more than 0, about so many from all over; of others about 1024 so
  most = elements[0]
  if torch.__and__(x.dim() == 2, most == 0):
    middle = x.size(1) // 2
    if x.is_mkldnn:
      unit = torch.zeros([1, x.size(1)], dtype=x.dtype, device=x.device)
      unit[:, middle:middle + 1] = 1.
      y = __torch__.packing.product(unit, x, None)
    else:
      y = x[:, middle]
  else:
    if most == 0:
      most = 1024
    step = max(1, x.numel() // most)
    while torch.gcd(step, x.size(-1)) > 1:  # or all were of a few columns
      step = step + 1
    y = torch.take(__torch__.weights.dense(x), torch.arange(0, x.numel(), step, dtype=4, device=x.device))
  return y.reshape([-1]).to(dtype=6) + 0.

def refresh(copies: List[Tensor], originals: List[Tensor], versions: Tensor) -> Tensor:
  # brings copies up to date; versions [n] int64 are those of the originals that they were made of
  for i in range(len(copies)):
    version = torch._version(originals[i])
    if int(versions[i]) != version:
      _0 = torch.copy_(copies[i], originals[i])
      versions[i] = version
  return versions
