# Rotary position embedding (Su et al., arXiv 2104.09864), half-split as in the released models.
# R rows, N heads, H head size, D the first elements of a head, which are rotated.

def table(positions: Tensor, D: int, theta: float, factor: float) -> Tensor:
  # positions [R] -> [2, R, 1, D]: cosines, and sines with the sign of the half they multiply;
  # frequencies theta^(-2i/D) / factor
  exponent = torch.arange(0, D, 2, dtype=6, device=positions.device) / D
  frequency = torch.reciprocal(torch.pow(theta, exponent)) / factor  # [D/2]
  # Frequencies are float32, as the references'. Their products are not: a float32 angle is half a
  # radian off near position 10^7, and beyond 2^24 neighbours have the same.
  angle = torch.outer(positions.to(dtype=7), frequency.to(dtype=7))  # [R, D/2]
  cosine = torch.cos(angle).to(dtype=6)
  sine = torch.sin(angle).to(dtype=6)
  return torch.stack([torch.cat([cosine, cosine], -1), torch.cat([torch.neg(sine), sine], -1)]).unsqueeze(2)

def rotate(x: Tensor, table: Tensor) -> Tensor:
  # x [R, N, H], table [2, R, 1, D] -> [R, N, H]: (a, b, c) becomes (a cos - b sin, b cos + a sin, c)
  D = table.size(-1)
  half = D // 2
  sine = table[1]
  a = torch.slice(x, -1, 0, half)
  b = torch.slice(x, -1, half, D)
  y = __torch__.tokens.part(x, -1, 0, D) * table[0]
  _0 = torch.addcmul_(torch.slice(y, -1, 0, half), b, torch.slice(sine, -1, 0, half))
  _1 = torch.addcmul_(torch.slice(y, -1, half), a, torch.slice(sine, -1, half))
  if D < x.size(-1):
    y = torch.cat([y, torch.slice(x, -1, D).to(dtype=y.dtype)], -1)
  return y
