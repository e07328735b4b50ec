# Products of integers from -127 to 127, by oneDNN.

def is_exact() -> bool:
  # whether product is exact: without instructions for it sums of two products are cut to 16 bits
  x = torch.full([2, 64], 127, dtype=6)
  x[1] = -127.
  w = torch.full([64, 64], 127, dtype=1)
  w[1] = -127
  y = __torch__.bytes.product(x, [__torch__.bytes.pack(w)], torch.ones([64], dtype=6))
  return torch.equal(y, torch.linear(x, w.to(dtype=6)))

def pack(w: Tensor) -> Tensor:
  # w [O, I] int8 in the layout that is multiplied, [I, O]; of several parts the first is the largest
  return ops.onednn.qlinear_prepack(w, annotate(Optional[List[int]], None))

def product(x: Tensor, w: List[Tensor], units: Tensor) -> Tensor:
  # x [R, I] float32, the packed parts of w [O, I], what each of its rows is multiplied by, [O] float32
  # -> [R, O] float32
  rows = __torch__.packing.filled((x + 128.).to(dtype=0), w[0])
  zeros = torch.zeros([w[0].size(1)], dtype=3)
  parts = annotate(List[Tensor], [])
  first = 0
  for i in range(len(w)):
    n = w[i].size(1)
    unit = torch.slice(units, 0, first, first + n)
    zero = torch.slice(zeros, 0, 0, n)
    first = first + n
    _0 = torch.append(parts, ops.onednn.qlinear_pointwise(
        rows, 1., 128, w[i], unit, zero, None, 1., 0, 6, "none", annotate(List[Optional[number]], []), ""))
  return __torch__.packing.cut(torch.cat(parts, 1), x)
