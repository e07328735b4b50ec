# Rotary position embedding (Su et al., arXiv 2104.09864), half-split as in the released models.
# R rows, N heads, H head size.

def table(positions: Tensor, H: int, theta: float, factor: float) -> Tensor:
  # positions [R] -> [2, R, H]: cosines, and sines with the sign of the half they multiply;
  # frequencies theta^(-2i/H) / factor
  exponent = torch.arange(0, H, 2, dtype=6, device=positions.device) / H
  frequency = torch.reciprocal(torch.pow(theta, exponent)) / factor  # [H/2]
  angle = torch.outer(positions.to(dtype=6), frequency)  # [R, H/2]
  cosine = torch.cos(angle)
  sine = torch.sin(angle)
  return torch.stack([torch.cat([cosine, cosine], -1), torch.cat([torch.neg(sine), sine], -1)])

def rotate(x: Tensor, table: Tensor) -> Tensor:
  # x [R, N, H], table [2, R, H] -> [R, N, H]: (a, b) becomes (a cos - b sin, b cos + a sin)
  cosine = torch.unsqueeze(table[0], 1)  # [R, 1, H]
  sine = torch.unsqueeze(table[1], 1)
  return torch.addcmul(x * cosine, torch.roll(x, [x.size(-1) // 2], [-1]), sine)
