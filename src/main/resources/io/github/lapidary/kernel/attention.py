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

def fused(q: Tensor, keys: Tensor, values: Tensor, W: int, scale: float) -> Tensor:
  # softmax(q keys^T scale) values by the engine's own function: q [K, G, n, H], the last n of S queries,
  # keys and values [K, S, H] -> [K, G, n, H]. The start of a text needs no mask: each query sees all
  # keys up to its own. With a mask the heads of a group are rows, one head below another, so that fewer
  # and larger products lay out the keys.
  K, G, n, H = q.size()
  S = keys.size(1)
  mask = annotate(Optional[Tensor], None)
  causal = torch.__and__(n == S, torch.__or__(W == 0, n <= W))
  if not torch.__or__(causal, n == 1):
    q = q.reshape([K, 1, G * n, H])
    mask = __torch__.attention.hide(torch.zeros([n, S], dtype=q.dtype, device=q.device), W).repeat([G, 1])
  every = [K, q.size(1), S, H]
  y = torch.scaled_dot_product_attention(
      q, torch.unsqueeze(keys, 1).expand(every), torch.unsqueeze(values, 1).expand(every), mask, 0., causal, scale=scale)
  return y.view([K, G, n, H])

def hide(s: Tensor, W: int) -> Tensor:
  # scores s [..., n, S] of the last n of S queries, in place: -inf where a query may not see a key, one
  # that is later or, with a window, one that is W or more back. Only the first and the last n keys are
  # hidden from any, and none from a query alone.
  n = s.size(-2)
  S = s.size(-1)
  if n > 1:
    every = torch.ones([n, n], dtype=11, device=s.device)
    _0 = torch.masked_fill_(torch.slice(s, -1, S - n), torch.triu(every, 1), -inf)
    if torch.__and__(W > 0, S > W):
      _1 = torch.masked_fill_(torch.slice(s, -1, 0, n), torch.tril(every, S - n - W), -inf)
  return s

def plain(q: Tensor, keys: Tensor, values: Tensor, W: int, scale: float, softcap: float) -> Tensor:
  # the same by products and a softmax, where scores may be capped by tanh. Products with few rows of
  # bfloat16 would be slower than those of float32.
  K, G, n, H = q.size()
  S = keys.size(1)
  if G * n < 16:
    keys = keys.to(dtype=6)
    values = values.to(dtype=6)
  q = (q.to(dtype=6) * scale).to(dtype=keys.dtype)
  s = torch.matmul(q.reshape([K, G * n, H]), keys.transpose(1, 2)).view([K, G, n, S])
  if softcap > 0.:
    s = torch.tanh(s / softcap) * softcap
  p = torch.softmax(__torch__.attention.hide(s, W), -1)
  return torch.matmul(p.view([K, G * n, S]), values).view([K, G, n, H])

def attend(q: Tensor, keys: Tensor, values: Tensor, W: int, scale: float, softcap: float) -> Tensor:
  # q [T, N, H], the last T of S queries, keys and values [K, S, H] -> [T, N*H]: blocks of queries, each
  # over the keys that it may see
  T, N, H = q.size()
  K, S, H = keys.size()
  q = q.view([T, K, N // K, H]).permute([1, 2, 0, 3])  # [K, G, T, H]
  fuses = torch.__and__(softcap == 0., __torch__.engine.attends_well())
  size = 128
  if fuses:
    q = q.to(dtype=keys.dtype)
    size = 256
    if torch.__and__(T == S, torch.__or__(W == 0, T <= W)):
      size = T
  outputs = annotate(List[Tensor], [])
  for start in range(0, T, size):
    n = min(size, T - start)
    end = S - T + start + n
    begin = 0
    if W > 0:
      begin = max(0, end - n - W + 1)
    part = __torch__.tokens.part(q, 2, start, start + n)
    k = __torch__.tokens.part(keys, 1, begin, end)
    v = __torch__.tokens.part(values, 1, begin, end)
    if fuses:
      y = __torch__.attention.fused(part, k, v, W, scale)
    else:
      y = __torch__.attention.plain(part, k, v, W, scale, softcap)
    _0 = torch.append(outputs, y.to(dtype=keys.dtype))
  return __torch__.attention.joined(outputs, 2).permute([2, 0, 1, 3]).reshape([T, N * H])

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
    _0 = torch.append(outputs, __torch__.attention.attend(queries[i], keys, values, W, scale, softcap))
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
