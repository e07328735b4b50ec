# Causal grouped-query attention over a state that is written in place.
# R rows, T tokens of one sequence, N query heads, K key-value heads, G = N/K, H head size,
# S keys, W window (0: none), M width.

def heads(x: Tensor, H: int) -> Tensor:
  # [..., n*H] -> [R, n, H]
  return x.reshape([-1, x.size(-1) // H, H])

def joined(parts: List[Tensor], dim: int) -> Tensor:
  if len(parts) == 1:
    y = parts[0]
  else:
    y = torch.cat(parts, dim)
  return y

def visible(n: int, S: int, first: int, W: int, device: Device) -> Tensor:
  # true where query i, which is key first + i, may see key j: none that is later and, with a window,
  # none that is W or more back -> [n, S]
  i = torch.unsqueeze(torch.arange(first, first + n, device=device), 1)  # [n, 1]
  j = torch.unsqueeze(torch.arange(S, device=device), 0)  # [1, S]
  mask = j <= i
  if W > 0:
    mask = torch.logical_and(mask, j > i - W)
  return mask

def fused(q: Tensor, keys: Tensor, values: Tensor, mask: Optional[Tensor], causal: bool, scale: float) -> Tensor:
  # softmax(q keys^T scale) values by the engine: q [K, G, n, H], keys and values [K, S, H] -> [K, G, n, H].
  # With a mask [n, S] the heads of a group are rows, one head below another, so that fewer and larger
  # products lay out the keys.
  K, G, n, H = q.size()
  if mask is not None:
    q = q.reshape([K, 1, G * n, H])
    mask = mask.repeat([G, 1])
  every = [K, q.size(1), keys.size(1), H]
  y = torch.scaled_dot_product_attention(
      q, torch.unsqueeze(keys, 1).expand(every), torch.unsqueeze(values, 1).expand(every), mask, 0., causal, scale=scale)
  return y.view([K, G, n, H])

def capped(q: Tensor, keys: Tensor, values: Tensor, mask: Optional[Tensor], scale: float, softcap: float) -> Tensor:
  # the same with scores capped by tanh, which the engine's function does not know
  K, G, n, H = q.size()
  s = torch.matmul((q * scale).reshape([K, G * n, H]), keys.transpose(1, 2)).view([K, G, n, -1])
  s = torch.tanh(s / softcap) * softcap
  if mask is not None:
    s = torch.masked_fill(s, torch.logical_not(mask), -inf)
  return torch.matmul(torch.softmax(s, -1).view([K, G * n, -1]), values).view([K, G, n, H])

def blocks(q: Tensor, keys: Tensor, values: Tensor, first: int, W: int, scale: float, softcap: float) -> Tensor:
  # blocks of 256 queries, each over the keys that it may see; q [K, G, T, H] -> [K, G, T, H]
  outputs = annotate(List[Tensor], [])
  T = q.size(2)
  for block in range((T + 255) // 256):
    start = block * 256
    n = min(256, T - start)
    end = first + start + n
    begin = 0
    if W > 0:
      begin = max(0, first + start - W + 1)
    mask = annotate(Optional[Tensor], None)
    if n > 1:
      mask = __torch__.attention.visible(n, end - begin, first + start - begin, W, q.device)
    part = __torch__.tokens.part(q, 2, start, start + n)
    k = __torch__.tokens.part(keys, 1, begin, end)
    v = __torch__.tokens.part(values, 1, begin, end)
    if softcap > 0.:
      y = __torch__.attention.capped(part, k, v, mask, scale, softcap)
    else:
      y = __torch__.attention.fused(part, k, v, mask, False, scale)
    _0 = torch.append(outputs, y)
  return __torch__.attention.joined(outputs, 2)

def attend(q: Tensor, keys: Tensor, values: Tensor, first: int, W: int, scale: float, softcap: float) -> Tensor:
  # q [T, N, H] at keys first to first + T; keys and values [K, S, H] -> [T, N*H]. The start of a text
  # needs no masks: each query sees all keys up to its own.
  T, N, H = q.size()
  K = keys.size(0)
  q = q.to(dtype=keys.dtype).view([T, K, N // K, H]).permute([1, 2, 0, 3])  # [K, G, T, H]
  start = torch.__and__(first == 0, softcap == 0.)
  if W > 0:
    start = torch.__and__(start, T <= W)
  if start:
    y = __torch__.attention.fused(q, keys, values, None, True, scale)
  else:
    y = __torch__.attention.blocks(q, keys, values, first, W, scale, softcap)
  return y.permute([2, 0, 1, 3]).reshape([T, N * H])

def remembered(k: Tensor, v: Tensor, s: List[Tensor], spans: List[int], i: int) -> Tuple[Tensor, Tensor]:
  # keys and values [K, S, H] of sequence i, the last of which are k and v [T, K, H]. s is [keys,
  # values] of each sequence, which are written; or empty.
  keys = k.transpose(0, 1)  # [K, T, H]
  values = v.transpose(0, 1)
  if len(s) > 0:
    T = spans[3 * i]
    first = spans[3 * i + 2]
    _0 = torch.copy_(torch.slice(s[2 * i], 1, first, first + T), keys)
    _1 = torch.copy_(torch.slice(s[2 * i + 1], 1, first, first + T), values)
    keys = torch.slice(s[2 * i], 1, 0, first + T)  # [K, first + T, H]
    values = torch.slice(s[2 * i + 1], 1, 0, first + T)
  return (keys, values)

def attend_spans(q: Tensor, k: Tensor, v: Tensor, s: List[Tensor], spans: List[int], W: int, scale: float, softcap: float) -> Tensor:
  # q [R, N, H], k and v [R, K, H] -> [R, N*H]; s as above
  outputs = annotate(List[Tensor], [])
  queries = __torch__.tokens.of_sequences(q, spans)
  own_keys = __torch__.tokens.of_sequences(k, spans)
  own_values = __torch__.tokens.of_sequences(v, spans)
  for i in range(len(queries)):
    keys, values = __torch__.attention.remembered(own_keys[i], own_values[i], s, spans, i)
    first = keys.size(1) - spans[3 * i]
    _0 = torch.append(outputs, __torch__.attention.attend(queries[i], keys, values, first, W, scale, softcap))
  return __torch__.attention.joined(outputs, 0)

def attention(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], rope: Tensor,
              N: int, K: int, H: int, W: int, scale: float, softcap: float, eps: float) -> Tensor:
  # [..., M] -> [..., M]; w is qkv_proj, o_proj and, where there are, the norms of queries and keys
  qkv = __torch__.attention.heads(__torch__.linear.linear(x, w[0]), H)  # [R, N + 2K, H]
  qk = torch.slice(qkv, 1, 0, N + K)
  v = torch.slice(qkv, 1, N + K)
  if len(w) > 2:
    factors = torch.cat([w[2][0].expand([N, H]), w[3][0].expand([K, H])])  # [N + K, H]
    qk = __torch__.norm.rms_norm(qk, [factors], eps)
  qk = __torch__.rotary.rotate(qk, rope)
  q = torch.slice(qk, 1, 0, N)
  k = torch.slice(qk, 1, N).to(dtype=v.dtype)
  y = __torch__.attention.attend_spans(q, k, v, s, spans, W, scale, softcap)  # [R, N*H]
  y = __torch__.linear.linear(y, w[1])  # [R, M]
  return y.view(x.size())

def attention_alone(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], rope: Tensor,
                    N: int, K: int, H: int, W: int, scale: float, softcap: float, eps: float) -> Tensor:
  # the same in float32, as it leaves the kernels
  return __torch__.attention.attention(x, w, s, spans, rope, N, K, H, W, scale, softcap, eps).to(dtype=6)
