# Rotary position embedding (Su et al., arXiv 2104.09864), half-split as in the released models.
# R rows, N heads, H head size, D the first elements of a head, which are rotated.

def table(positions: Tensor, D: int, theta: float, factor: float) -> Tensor:
  # positions [R] -> [2, R, D]: cosines, and sines with the sign of the half they multiply;
  # frequencies theta^(-2i/D) / factor
  exponent = torch.arange(0, D, 2, dtype=6, device=positions.device) / D
  frequency = torch.reciprocal(torch.pow(theta, exponent)) / factor  # [D/2]
  angle = torch.outer(positions.to(dtype=6), frequency)  # [R, D/2]
  cosine = torch.cos(angle)
  sine = torch.sin(angle)
  return torch.stack([torch.cat([cosine, cosine], -1), torch.cat([torch.neg(sine), sine], -1)])

def rotate(x: Tensor, table: Tensor) -> Tensor:
  # x [R, N, H], table [2, R, D] -> [R, N, H]: (a, b, c) becomes (a cos - b sin, b cos + a sin, c)
  D = table.size(-1)
  half = D // 2
  cosine = torch.unsqueeze(table[0], 1)  # [R, 1, D]
  sine = torch.unsqueeze(table[1], 1)
  a = torch.narrow(x, -1, 0, half)
  b = torch.narrow(x, -1, half, half)
  y = torch.narrow(x, -1, 0, D) * cosine
  _0 = torch.addcmul_(torch.narrow(y, -1, 0, half), b, torch.narrow(sine, -1, 0, half))
  _1 = torch.addcmul_(torch.narrow(y, -1, half, half), a, torch.narrow(sine, -1, half, half))
  if D < x.size(-1):
    y = torch.cat([y, torch.narrow(x, -1, D, x.size(-1) - D).to(dtype=y.dtype)], -1)
  return y
