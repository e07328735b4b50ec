# Sparse feed-forward networks: a gate sends each token to two of many experts (Du et al., GLaM, arXiv
# 2112.06905), which in training have a capacity (Lepikhin et al., GShard, arXiv 2006.16668).
# R tokens, E experts, M width, F inner width of an expert, G groups of tokens, n choices that count.
#
# groups [layer, then three numbers of each group: its tokens, its size with padding, and the capacity
# of an expert, -1 for none]. Without groups nothing is dropped.
# routing is where a pass tells of itself: with groups [the loss [], the share of choices that were
# dropped [], what the loss is multiplied by [], maybe uniforms [R, M] that tokens are jittered with,
# maybe uniforms [R] that second choices are drawn with]; else maybe [experts [R, 2], their weights
# [R, 2]].

def refuse(logits: Tensor, layer: int) -> int:
  # the first row of logits [R, E] that is not finite ends the pass; Java knows which token that is
  faults = torch.nonzero(torch.logical_not(torch.isfinite(logits)))  # [n, 2]
  if faults.size(0) > 0:
    row = int(faults[0, 0])
    ops.prim.RaiseException(torch.format(
        "ArithmeticException: The gate of layer {} gives {} for row {}.", layer, float(logits[row, int(faults[0, 1])]), row))
  return faults.size(0)

def jittered(x: Tensor, noise: float, routing: List[Tensor], groups: List[int]) -> Tensor:
  # in groups, x [R, M] times numbers from 1 - noise to 1 + noise (Fedus et al., arXiv 2101.03961)
  if torch.__and__(noise > 0., len(groups) > 1):
    x = x.to(dtype=6) * (1. - noise + routing[3] * (2. * noise))
  return x

def logits(x: Tensor, w: List[Tensor], layer: int) -> Tensor:
  # x w^T in float32: x [R, M], w [[E, M]] -> [R, E]
  logits = torch.linear(x.to(dtype=6), w[0].to(dtype=6))
  total = float(torch.sum(logits))
  if not total - total == 0.:
    _0 = __torch__.experts.refuse(logits, layer)
  return logits

def top2(p: Tensor) -> Tuple[Tensor, Tensor]:
  # the two largest of each row, the lowest among equals, and their places: [R, E] -> [R, 2] each
  first, i = torch.max(p, 1, True)
  second, j = torch.max(torch.scatter(p, 1, i, -1.), 1, True)
  return (torch.cat([first, second], 1), torch.cat([i, j], 1))

def shares(g: Tensor) -> Tensor:
  # weights that sum to 1, but for those that have no expert: [R, 2] -> [R, 2]
  total = torch.sum(g, [1], True)
  return g / torch.where(total > 0., total, 1.)

def ranks(keys: Tensor, count: int) -> Tuple[Tensor, Tensor]:
  # how many of the same key stand before each: keys [n] below count -> [n]; and how many of each
  # key there are [count]
  order = torch.argsort(keys, stable=True, dim=0, descending=False)
  totals = torch.bincount(keys, None, count)
  first = torch.cumsum(totals, 0) - totals
  ranks = torch.empty_like(keys)
  ranks[order] = torch.arange(keys.size(0), device=keys.device) - torch.index_select(first, 0, torch.index_select(keys, 0, order))
  return (ranks, totals)

def slots(i: Tensor, wanted: Tensor, group: Tensor, capacities: Tensor, E: int) -> Tuple[Tensor, Tensor]:
  # the place of each token at its experts, -1 where there is none left: i [R, 2], whether it wants the
  # second [R], its group [R], capacities [G] -> [R, 2]; and how many chose an expert first [G * E].
  # In a group all first choices come before all second ones, each in the order of the tokens.
  count = capacities.size(0) * E
  first = group * E + i[:, 0]
  rank, chosen = __torch__.experts.ranks(first, count)
  limit = torch.index_select(capacities, 0, group)  # [R]
  slot = torch.where(rank < limit, rank, -1)
  taken = torch.minimum(chosen, torch.repeat_interleave(capacities, E))
  second = torch.where(wanted, group * E + i[:, 1], count)
  later, others = __torch__.experts.ranks(second, count + 1)
  later = later + torch.index_select(torch.constant_pad_nd(taken, [0, 1], 0), 0, second)
  later = torch.where(torch.logical_and(wanted, later < limit), later, -1)
  return (torch.stack([slot, later], 1), chosen)

def imbalance(p: Tensor, chosen: Tensor, group: Tensor, tokens: Tensor, sizes: Tensor, before: bool) -> Tensor:
  # E^2 mean(fraction of tokens that chose an expert first * its mean probability) over groups and
  # experts, 1 where all are alike: p [R, E], chosen [G * E], group [R], tokens and sizes [G] -> []
  G = sizes.size(0)
  E = p.size(1)
  places = torch.unsqueeze(sizes, 1).to(dtype=6)  # [G, 1]
  fraction = chosen.view([G, E]) / places
  probability = torch.index_add(torch.zeros([G, E], dtype=6, device=p.device), 0, group, p) / places
  if not before:
    # as the reference has it, of the places that are no padding
    filled = torch.unsqueeze(tokens, 1) / places + 1e-06
    fraction = fraction / filled
    probability = probability / filled
  return torch.mean(fraction * probability) * (E * E)

def size_of_logits(logits: Tensor) -> Tensor:
  # mean over tokens of the square of their log-sum-exp (Zoph et al., arXiv 2202.08906): [R, E] -> []
  total = torch.logsumexp(logits, [1])
  return torch.mean(total * total)

def compete(logits: Tensor, p: Tensor, before: bool, threshold: float, coefficient: float, z: float, routing: List[Tensor],
            groups: List[int]) -> Tuple[Tensor, Tensor, Tensor]:
  # the experts [R, 2] of each token, their weights [R, 2], and its slots [R, 2] there, in groups:
  # logits [R, E], p their softmax; coefficient and z are of the losses
  R, E = p.size()
  numbers = torch.tensor(groups[1:], dtype=4, device=p.device).view([-1, 3]).t()
  tokens, sizes, capacities = torch.unbind(numbers, 0)
  capacities = torch.where(capacities < 0, R, capacities)
  group = torch.repeat_interleave(torch.arange(tokens.size(0), device=p.device), tokens)  # [R]
  g, i = __torch__.experts.top2(p)
  if before:
    g = g / (torch.sum(g, [1], True) + 1e-09)
  wanted = torch.ones([R], dtype=11, device=p.device)
  if routing[-1].dim() == 1:
    wanted = routing[-1] < torch.detach(g[:, 1]) / max(threshold, 1e-09)
  slots, chosen = __torch__.experts.slots(i, wanted, group, capacities, E)
  kept = slots >= 0
  g = g * kept
  if not before:
    g = __torch__.experts.shares(g)
  loss = __torch__.experts.imbalance(p, chosen, group, tokens, sizes, before) * (routing[2] * coefficient)
  if z > 0.:
    loss = loss + __torch__.experts.size_of_logits(logits) * (routing[2] * z)
  _0 = torch.copy_(routing[0], loss)
  _1 = torch.copy_(routing[1], 1. - torch.sum(kept) / (torch.sum(wanted) + R))
  return (g, i, slots)

def free(p: Tensor, before: bool) -> Tuple[Tensor, Tensor]:
  # the weights [R, 2] of each token's experts, and these [R, 2], where none is full
  g, i = __torch__.experts.top2(p)
  if before:
    g = g / (torch.sum(g, [1], True) + 1e-09)
  else:
    g = __torch__.experts.shares(g)
  return (g, i)

def listed(w: List[Tensor], n: int) -> List[Tensor]:
  # w [n matrices of all experts, [E, ...] each, and maybe those of each expert, in other layouts, all
  # of a kind side by side] -> the same with those of each expert
  if len(w) == n:
    for k in range(n):
      w = torch.add(w, torch.unbind(w[k], 0))
  return w

def of_expert(w: List[Tensor], n: int, E: int, e: int) -> List[Tensor]:
  # its n matrices
  parts = annotate(List[Tensor], [])
  for k in range(n):
    if len(w) == n:
      _0 = torch.append(parts, torch.select(w[k], 0, e))
    else:
      _1 = torch.append(parts, w[n + k * E + e])
  return parts

def expert(x: Tensor, w: List[Tensor], activation: str) -> Tensor:
  # wo activation(wi x), or wo (activation(wg x) * wi x): x [r, M], w [wi [F, M], maybe wg [F, M],
  # wo [M, F]] -> [r, M]
  if len(w) > 2:
    h = __torch__.linear.activated(x, [w[1]], activation)
    h = __torch__.packing.scaled_product(x, w[0], None, h)
  else:
    h = __torch__.linear.activated(x, [w[0]], activation)
  return __torch__.packing.product(h, w[-1], None)

def combined(y: Tensor, z: Tensor, g: Tensor) -> Tensor:
  # the sum of what two experts give, by their weights, in float32, with nothing rounded on the way:
  # y and z [R, M], g [R, 2] float32 -> [R, M]
  first, second = torch.split(g, 1, 1)
  return torch.addcmul(y * first, z, second)

def of_one(x: Tensor, g: Tensor, i: Tensor, w: List[Tensor], n: int, E: int, activation: str) -> Tensor:
  # one token by its two experts: x [1, M], g and i [1, 2] -> [1, M] float32
  first, second = annotate(List[int], i[0].tolist())
  y = __torch__.experts.expert(x, __torch__.experts.of_expert(w, n, E, first), activation)
  z = __torch__.experts.expert(x, __torch__.experts.of_expert(w, n, E, second), activation)
  return __torch__.experts.combined(y, z, g)

def rooms(counts: List[int], unit: int) -> Tuple[List[int], List[int]]:
  # how many rows each of E experts is given, multiples of unit; and by how much its first row comes
  # later than without those that fill up
  sizes = annotate(List[int], [])
  shifts = annotate(List[int], [])
  shift = 0
  for e in range(len(counts)):
    size = (counts[e] + unit - 1) // unit * unit
    _0 = torch.append(sizes, size)
    _1 = torch.append(shifts, shift)
    shift = shift + size - counts[e]
  return (sizes, shifts)

def of_many(x: Tensor, g: Tensor, i: Tensor, w: List[Tensor], n: int, E: int, activation: str) -> Tensor:
  # tokens by their experts: x [R, M], g [R, 2], i [R, 2], E where a choice is dropped, whose weight
  # then is 0 -> [R, M] float32. Tokens are sorted by expert, so that each multiplies its own at once. Rows
  # that fill up are copies of the first; what comes of them is not used.
  choices = i.reshape([-1])
  order = torch.argsort(choices, stable=True, dim=0, descending=False)
  counts = annotate(List[int], torch.bincount(choices, None, E + 1).tolist())
  order = torch.slice(order, 0, 0, order.size(0) - counts[E])  # [n]
  sizes, shifts = __torch__.experts.rooms(counts[:E], __torch__.packing.row_unit(w[-1]))
  shift = torch.index_select(torch.tensor(shifts, dtype=4, device=x.device), 0, torch.index_select(choices, 0, order))
  places = torch.arange(order.size(0), device=x.device) + shift  # [n]
  tokens = torch.zeros([sum(sizes)], dtype=4, device=x.device)
  tokens[places] = torch.floor_divide(order, 2)
  parts = torch.split_with_sizes(torch.index_select(x, 0, tokens), sizes)
  w = __torch__.experts.listed(w, n)
  outputs = annotate(List[Tensor], [])
  for e in range(E):
    if sizes[e] > 0:
      _0 = torch.append(outputs, __torch__.experts.expert(parts[e], __torch__.experts.of_expert(w, n, E, e), activation))
  y = torch.cat(outputs)
  back = torch.zeros_like(choices)
  back[order] = places
  y = torch.index_select(y, 0, back).view([x.size(0), 2, -1])
  return __torch__.experts.combined(torch.select(y, 1, 0), torch.select(y, 1, 1), g)

def feed_forward(x: Tensor, gate: List[Tensor], w: List[Tensor], activation: str, gated: bool, before: bool, threshold: float,
                 coefficient: float, z: float, noise: float, routing: List[Tensor], groups: List[int]) -> Tensor:
  # the sum of what a token's experts give, by their weights: [R, M] -> [R, M] float32; before says
  # whether weights are made to sum to 1 before choices are dropped; noise is for the gate alone
  n = 2
  if gated:
    n = 3
  E = gate[0].size(0)
  logits = __torch__.experts.logits(__torch__.experts.jittered(x, noise, routing, groups), gate, groups[0])
  p = torch.softmax(logits, -1)
  x = x.to(dtype=w[0].dtype)
  if len(groups) > 1:
    g, i, slots = __torch__.experts.compete(logits, p, before, threshold, coefficient, z, routing, groups)
    y = __torch__.experts.of_many(x, g, torch.where(slots < 0, E, i), w, n, E, activation)
  else:
    g, i = __torch__.experts.free(p, before)
    if len(routing) == 2:
      _0 = torch.copy_(routing[0], i)
      _1 = torch.copy_(routing[1], g)
    if torch.__and__(x.size(0) == 1, not p.requires_grad):
      y = __torch__.experts.of_one(x, g, i, w, n, E, activation)
    else:
      y = __torch__.experts.of_many(x, g, i, w, n, E, activation)
  return y

def feed_forward_alone(x: Tensor, w: List[List[Tensor]], activation: str, gated: bool, before: bool, threshold: float,
                       coefficient: float, z: float, noise: float, routing: List[Tensor], groups: List[int]) -> Tensor:
  # the same of [..., M] in float32, as it leaves the kernels
  gate, experts = w
  y = __torch__.experts.feed_forward(
      x.reshape([-1, x.size(-1)]), gate, experts, activation, gated, before, threshold, coefficient, z, noise, routing, groups)
  return y.view(x.size())

def feed_forward_of_some(x: Tensor, rows: Tensor, w: List[List[Tensor]], activation: str, gated: bool, before: bool, threshold: float,
                         coefficient: float, z: float, noise: float, routing: List[Tensor], groups: List[int]) -> Tensor:
  # the same of [B, T, M] for these rows [R] of all B T alone; the others come out as zero
  gate, experts = w
  h = __torch__.tokens.select(x.reshape([-1, x.size(-1)]), rows)
  y = __torch__.experts.feed_forward(
      h, gate, experts, activation, gated, before, threshold, coefficient, z, noise, routing, groups)
  return __torch__.tokens.spread(y, rows, x.size())

def gate(x: Tensor, w: List[Tensor], before: bool, threshold: float, coefficient: float, z: float, noise: float,
         routing: List[Tensor], groups: List[int]) -> Tensor:
  # the weights of all experts, 0 but for the two of a token: [R, M] -> [R, E]
  logits = __torch__.experts.logits(__torch__.experts.jittered(x, noise, routing, groups), w, groups[0])
  p = torch.softmax(logits, -1)
  if len(groups) > 1:
    g, i, slots = __torch__.experts.compete(logits, p, before, threshold, coefficient, z, routing, groups)
  else:
    g, i = __torch__.experts.free(p, before)
  return torch.scatter(torch.zeros_like(p), 1, i, g)

def gate_alone(x: Tensor, w: List[List[Tensor]], before: bool, threshold: float, coefficient: float, z: float, noise: float,
               routing: List[Tensor], groups: List[int]) -> Tensor:
  # the same of [..., M]
  y = __torch__.experts.gate(
      x.reshape([-1, x.size(-1)]), w[0], before, threshold, coefficient, z, noise, routing, groups)
  return y.view(torch.add(x.size()[:-1], [y.size(1)]))

def gate_of_some(x: Tensor, rows: Tensor, w: List[List[Tensor]], before: bool, threshold: float, coefficient: float, z: float,
                 noise: float, routing: List[Tensor], groups: List[int]) -> Tensor:
  # the same of [B, T, M] for these rows [R] of all B T alone; the others come out as zero
  h = __torch__.tokens.select(x.reshape([-1, x.size(-1)]), rows)
  y = __torch__.experts.gate(h, w[0], before, threshold, coefficient, z, noise, routing, groups)
  return __torch__.tokens.spread(y, rows, x.size())

def every_alone(x: Tensor, w: List[List[Tensor]], activation: str, gated: bool) -> Tensor:
  # each expert's rows by itself, [E, R, M] -> [E, R, M] float32
  E = x.size(0)
  n = 2
  if gated:
    n = 3
  matrices = __torch__.experts.listed(w[0], n)
  outputs = annotate(List[Tensor], [])
  for e in range(E):
    h = x[e].to(dtype=w[0][0].dtype)
    _0 = torch.append(outputs, __torch__.experts.expert(h, __torch__.experts.of_expert(matrices, n, E, e), activation))
  return torch.stack(outputs).to(dtype=6)
