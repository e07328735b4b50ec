# The likeliest tokens, without most of the head: its weight in eight bits, where there is one, bounds
# each logit, and only logits that may be among the wanted ones are computed.
# R rows, V vocabulary, M width, k tokens wanted of each row.

def units(w: Tensor) -> Tensor:
  # w [V, M] -> [V], what each row is counted in to fit into eight bits; none, [0], where integers are
  # not multiplied well or the weight is not finite
  parts = torch.split(w, 4096)
  largest = annotate(List[Tensor], [])
  for i in range(len(parts)):
    _0 = torch.append(largest, torch.amax(torch.abs(parts[i]), [1]).to(dtype=6))
  y = torch.cat(largest)
  total = float(torch.sum(y))
  if torch.__and__(__torch__.bytes.is_exact(), total - total == 0.):
    y = torch.clamp_min(y, 1e-30) / 127.
  else:
    y = torch.zeros([0], dtype=6)
  return y

def counted(w: Tensor, units: Tensor, rows: List[int]) -> Tensor:
  # rows [begin, end) of w [V, M] in their units [V], packed
  begin, end = rows
  y = torch.empty([end - begin, w.size(1)], dtype=1)
  parts = torch.split(torch.slice(w, 0, begin, end), 1024)
  for i in range(len(parts)):
    first = i * 1024
    n = parts[i].size(0)
    unit = torch.slice(units, 0, begin + first, begin + first + n)
    numbers = torch.round_(parts[i].to(dtype=6) / torch.unsqueeze(unit, 1))
    _0 = torch.copy_(torch.slice(y, 0, first, first + n), numbers)
  return __torch__.bytes.pack(y)

def blocks(x: Tensor) -> Tensor:
  # x [V] -> [B, 64], filled up with what is never chosen
  if x.size(0) % 64 > 0:
    x = torch.constant_pad_nd(x, [0, 64 - x.size(0) % 64], -inf)
  return x.view([-1, 64])

def among(low: Tensor, high: Tensor, k: int, margin: float, most: float) -> Tensor:
  # the places, rising, of all that may be among the k largest of numbers, which lie between low and
  # high [V], even if each may lie off by a share margin of it; and of all above most. Maxima of
  # blocks are found far faster than places. Nothing where bounds are not finite.
  V = high.size(0)
  low = torch.amax(__torch__.screen.blocks(low), [1])
  members = __torch__.screen.blocks(high)
  highest = torch.amax(members, [1])
  floor = -3e+38
  if k < low.size(0):
    values, places = torch.topk(low, k)
    floor = float(values[k - 1])
  top = float(torch.max(highest))
  if top - top == 0.:
    floor = min(floor - margin * max(abs(floor), abs(top)), most)
  else:
    floor = top - top  # which nothing reaches
  chosen = torch.nonzero(highest >= floor).view([-1])  # [c]
  places = torch.unsqueeze(chosen * 64, 1) + torch.arange(64, device=chosen.device)  # [c, 64]
  inside = torch.logical_and(torch.index_select(members, 0, chosen) >= floor, places < V)
  return torch.masked_select(places, inside)

def bounded(x: Tensor, w: List[Tensor], k: int, softcap: float) -> List[Tensor]:
  # ids of each row of x [R, M], of which the k likeliest are some; w [weight, units, counted...].
  # x is counted too, in two numbers an element, so that what it loses is hardly anything. A weight is
  # at most half a unit off.
  count = torch.clamp_min(torch.amax(torch.abs(x), [1], True), 1e-30) / 127.  # [R, 1]
  x = x / count
  coarse = torch.round(x)
  fine = torch.round((x - coarse) * 254.)
  size = torch.sum(torch.abs(x), [1])
  lost = torch.sum(torch.abs(x - coarse - fine / 254.), [1])
  # the last share is for rounding of sums in float32
  off = 127. * lost + (0.5 + 2e-05 * x.size(1)) * size  # [R], in units
  y = __torch__.bytes.product(torch.cat([coarse, fine], 0), w[2:], w[1])  # [2 R, V]
  R = x.size(0)
  ids = annotate(List[Tensor], [])
  for i in range(R):
    middle = torch.add(y[i], y[R + i], alpha=0.003937007874015748)
    most = inf
    if softcap > 0.:
      most = 7. * softcap / float(count[i])  # beyond it tanh makes equal what is not
    radius = float(off[i])
    low = torch.sub(middle, w[1], alpha=radius)
    high = torch.add(middle, w[1], alpha=radius)
    _0 = torch.append(ids, __torch__.screen.among(low, high, k, 0.01, most))
  return ids

def candidates(x: Tensor, w: List[Tensor], k: int, scale: float, softcap: float) -> Tuple[List[Tensor], List[Tensor]]:
  # ids [n] and logits [n] of each row of x, as likely tells
  weight = w[0]
  ids = annotate(List[Tensor], [])
  logits = annotate(List[Tensor], [])
  if len(w) > 1:
    x = __torch__.embedding.scaled(x, scale).to(dtype=weight.dtype)
    ids = __torch__.screen.bounded(x.to(dtype=6), w, k, softcap)
    for i in range(len(ids)):
      rows = weight
      if ids[i].size(0) > weight.size(0) // 8:
        ids[i] = torch.arange(weight.size(0), device=x.device)
      else:
        rows = torch.index_select(weight, 0, ids[i])
      y = __torch__.linear.project(torch.slice(x, 0, i, i + 1), [rows])
      _0 = torch.append(logits, __torch__.embedding.capped(y, softcap).view([-1]))
  else:
    y = __torch__.embedding.logits(x, [w], scale, softcap)
    for i in range(x.size(0)):
      places = __torch__.screen.among(y[i], y[i], k, 0., inf)
      _1 = torch.append(ids, places)
      _2 = torch.append(logits, torch.index_select(y[i], 0, places))
  return (ids, logits)

def likely(x: Tensor, w: List[List[Tensor]], k: List[int], scale: float, softcap: float) -> Tensor:
  # x [R, M], w [[weight [V, M], maybe its units and what is counted in them]] -> [n, 3] float64, row by
  # row, by rising id: row, id and logit of tokens among which are the k likeliest, and all that equal
  # the last of these. Nothing of a row that is not finite.
  ids, logits = __torch__.screen.candidates(x, w[0], k[0], scale, softcap)
  parts = annotate(List[Tensor], [])
  for i in range(len(ids)):
    y = logits[i].to(dtype=7)
    _0 = torch.append(parts, torch.stack([torch.full_like(y, i), ids[i].to(dtype=7), y], 1))
  return torch.cat(parts)
