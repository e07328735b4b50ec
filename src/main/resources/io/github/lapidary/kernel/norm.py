# Root mean square layer normalisation (Zhang and Sennrich, arXiv 1910.07467) in Gemma's form:
#   y = x * rsqrt(mean(x^2) + eps) * (1 + w), in float32.

def rms_norm(x: Tensor, w: List[Tensor], eps: float) -> Tensor:
  # x [..., M], w [[M]] -> [..., M] float32
  h = x.to(dtype=6)
  h = h * torch.rsqrt(torch.mean(h * h, [-1], True) + eps)
  return h * (w[0].to(dtype=6) + 1.)

def rms_norm_alone(x: Tensor, w: List[List[Tensor]], eps: float) -> Tensor:
  return __torch__.norm.rms_norm(x, w[0], eps)
