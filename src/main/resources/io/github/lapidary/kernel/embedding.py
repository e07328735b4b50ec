# Token embeddings, tied: one matrix maps ids to vectors and vectors to logits.
# V vocabulary, M width.

def embed(ids: Tensor, w: List[List[Tensor]], scale: float) -> Tensor:
  # ids [...], w [[[V, M]]] -> [..., M] float32
  return torch.embedding(w[0][0], ids).to(dtype=6) * scale

def scaled(x: Tensor, scale: float) -> Tensor:
  # what is multiplied with the weight for logits
  if scale != 1.:
    x = x * scale
  return x

def logits(x: Tensor, w: List[List[Tensor]], scale: float, softcap: float) -> Tensor:
  # x [..., M], w [[[V, M]]] -> [..., V] float32; softcap 0 is none
  x = __torch__.embedding.scaled(x, scale)
  return __torch__.embedding.capped(__torch__.linear.project(x, w[0][:1]), softcap)

def capped(y: Tensor, softcap: float) -> Tensor:
  if softcap > 0.:
    y = torch.tanh(y / softcap) * softcap
  return y

def add_gradient(ids: Tensor, dy: Tensor, g: Tensor, scale: float) -> Tensor:
  # adds the gradient of the weight to g [V, M]; ids [R], dy [R, M]
  return __torch__.gradients.add_rows(g, ids, dy * scale)
