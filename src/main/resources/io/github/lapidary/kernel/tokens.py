# Rows of tokens. R rows are the tokens of all sequences, one sequence after another.
# A span says of each sequence [tokens, position of the first, its place in the layer's state].

def integers(x: Tensor) -> List[int]:
  # a training call brings its integers as a tensor [n]
  y = annotate(List[int], [])
  for i in range(x.size(0)):
    _0 = torch.append(y, int(x[i]))
  return y

def select(x: Tensor, rows: Tensor) -> Tensor:
  # x [R, M], rows [n] -> [n, M]
  return torch.index_select(x, 0, rows)

def part(x: Tensor, dim: int, begin: int, end: int) -> Tensor:
  # elements [begin, end) along a dimension
  if torch.__or__(begin > 0, end < x.size(dim)):
    x = torch.slice(x, dim, begin, end)
  return x

def of_sequences(x: Tensor, spans: List[int]) -> List[Tensor]:
  # x [R, ...] -> its rows of each sequence
  lengths = annotate(List[int], [])
  for i in range(len(spans) // 3):
    _0 = torch.append(lengths, spans[3 * i])
  return torch.split_with_sizes(x, lengths)

def kept(x: Tensor, rows: List[int]) -> Tensor:
  # those rows of x [R, M], or all if none is named
  if len(rows) > 0:
    x = torch.index_select(x, 0, torch.tensor(rows, dtype=4, device=x.device))
  return x

def spread(x: Tensor, rows: Tensor, size: List[int]) -> Tensor:
  # puts x [n, V] at its rows of size [B, T]; the others are zero -> [B, T, V]
  y = torch.zeros([size[0] * size[1], x.size(1)], dtype=x.dtype, device=x.device)
  return torch.index_copy(y, 0, rows, x).view([size[0], size[1], x.size(1)])

def log_probabilities(x: Tensor, ids: Tensor, top: List[int]) -> Tensor:
  # logits x [n, V], ids [n] -> [n, 1 + 2k] float64: the log-probability of each id, then those of
  # the k = top[0] likeliest, then these
  total = torch.logsumexp(x, [-1], True)  # [n, 1]
  parts = [(torch.gather(x, 1, torch.unsqueeze(ids, 1)) - total).to(dtype=7)]
  if top[0] > 0:
    values, likeliest = torch.topk(x, top[0], -1)
    _0 = torch.append(parts, (values - total).to(dtype=7))
    _1 = torch.append(parts, likeliest.to(dtype=7))
  return torch.cat(parts, 1)
