# Root mean square layer normalisation (Zhang and Sennrich, arXiv 1910.07467) in Gemma's form:
#   y = x * rsqrt(mean(x^2) + eps) * (1 + w), in float32.
# A tensor and a number are added slowly, so the sum is multiplied out.

def normalized(x: Tensor, eps: float) -> Tensor:
  # x * rsqrt(mean(x^2) + eps), [..., M] -> [..., M] float32
  x = x.to(dtype=6)
  length = torch.linalg_vector_norm(x, 2, [-1], True)
  floor = torch.full([1], eps, dtype=6, device=x.device)
  return x * torch.rsqrt(torch.addcmul(floor, length, length, value=1. / x.size(-1)))

def rms_norm(x: Tensor, w: List[Tensor], eps: float) -> Tensor:
  # x [..., M], w [[M]], or one row of factors for each of the last but one dimension -> [..., M] float32
  y = __torch__.norm.normalized(x, eps)
  return torch.addcmul(y, y, w[0])

def plain_rms_norm(x: Tensor, w: List[Tensor], eps: float) -> Tensor:
  # the same with the factors as they are, not (1 + w)
  return torch.mul_(__torch__.norm.normalized(x, eps), w[0])

def add_rms_norm(x: Tensor, y: Tensor, w: List[Tensor], eps: float) -> Tensor:
  # x plus the norm of y
  y = __torch__.norm.normalized(y, eps)
  return torch.addcmul(x + y, y, w[0])

def rms_norm_alone(x: Tensor, w: List[List[Tensor]], eps: float) -> Tensor:
  return __torch__.norm.rms_norm(x, w[0], eps)

def plain_rms_norm_alone(x: Tensor, w: List[List[Tensor]], eps: float) -> Tensor:
  return __torch__.norm.plain_rms_norm(x, w[0], eps)
