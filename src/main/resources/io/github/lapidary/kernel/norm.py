# Root mean square layer normalisation (Zhang and Sennrich, arXiv 1910.07467) in Gemma's form:
#   y = x * rsqrt(mean(x^2) + eps) * (1 + w), in float32.

def rms_norm(x: Tensor, w: List[Tensor], eps: float) -> Tensor:
  # x [..., M], w [[M]], or one row of factors for each of the last but one dimension -> [..., M] float32
  x = x.to(dtype=6)
  y = x * torch.rsqrt(torch.mean(x * x, [-1], True) + eps)
  return torch.addcmul(y, y, w[0])

def rms_norm_alone(x: Tensor, w: List[List[Tensor]], eps: float) -> Tensor:
  return __torch__.norm.rms_norm(x, w[0], eps)
