# Causal grouped-query attention over a state that is written in place.
# R rows, T tokens of one sequence, N query heads, K key-value heads, G = N/K, H head size,
# S keys, W window (0: none), M width.

def heads(x: Tensor, H: int) -> Tensor:
  # [..., n*H] -> [R, n, H]
  return x.reshape([-1, x.size(-1) // H, H])

def joined(parts: List[Tensor]) -> Tensor:
  # [n, M] each -> [all n, M]
  if len(parts) == 1:
    y = parts[0]
  else:
    y = torch.cat(parts)
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

def weighted(q: Tensor, keys: Tensor, values: Tensor, mask: Optional[Tensor], scale: float, softcap: float) -> Tensor:
  # softmax(cap(q keys^T scale)) values over what the mask [n, S] lets be seen: q [K, G, n, H],
  # keys and values [K, S, H] -> [K, G, n, H]. The engine's own function knows no cap.
  K, G, n, H = q.size()
  S = keys.size(1)
  if softcap > 0.:
    s = torch.matmul((q * scale).reshape([K, G * n, H]), keys.transpose(1, 2)).view([K, G, n, S])
    s = torch.tanh(s / softcap) * softcap
    if mask is not None:
      s = torch.masked_fill(s, torch.logical_not(mask), -inf)
    y = torch.matmul(torch.softmax(s, -1).view([K, G * n, S]), values).view([K, G, n, H])
  else:
    every = [K, G, S, H]
    y = torch.scaled_dot_product_attention(
        q, torch.unsqueeze(keys, 1).expand(every), torch.unsqueeze(values, 1).expand(every), mask, 0., False, scale=scale)
  return y

def attend(q: Tensor, keys: Tensor, values: Tensor, first: int, W: int, scale: float, softcap: float) -> Tensor:
  # q [T, N, H] at keys first to first + T; keys and values [K, S, H] -> [T, N*H]
  # Blocks of 128 queries, each over the keys that it may see.
  T, N, H = q.size()
  K = keys.size(0)
  q = q.to(dtype=keys.dtype).view([T, K, N // K, H]).permute([1, 2, 0, 3])  # [K, G, T, H]
  outputs = annotate(List[Tensor], [])
  for block in range((T + 127) // 128):
    start = block * 128
    n = min(128, T - start)
    end = first + start + n
    begin = 0
    if W > 0:
      begin = max(0, first + start - W + 1)
    mask = annotate(Optional[Tensor], None)
    if n > 1:
      mask = __torch__.attention.visible(n, end - begin, first + start - begin, W, q.device)
    y = __torch__.attention.weighted(
        q[:, :, start:start + n], keys[:, begin:end], values[:, begin:end], mask, scale, softcap)
    _0 = torch.append(outputs, y.permute([2, 0, 1, 3]).reshape([n, N * H]))
  return __torch__.attention.joined(outputs)

def attend_spans(q: Tensor, k: Tensor, v: Tensor, s: List[Tensor], spans: List[int], W: int, scale: float, softcap: float) -> Tensor:
  # q [R, N, H], k and v [R, K, H] -> [R, N*H]. s is [keys, values] of each sequence, [K, S, H]; or empty.
  outputs = annotate(List[Tensor], [])
  row = 0
  for i in range(len(spans) // 3):
    T = spans[3 * i]
    first = 0
    keys = k[row:row + T].transpose(0, 1)  # [K, T, H]
    values = v[row:row + T].transpose(0, 1)
    if len(s) > 0:
      first = spans[3 * i + 2]
      s[2 * i][:, first:first + T] = keys
      s[2 * i + 1][:, first:first + T] = values
      keys = s[2 * i][:, :first + T]  # [K, first + T, H]
      values = s[2 * i + 1][:, :first + T]
    _0 = torch.append(outputs, __torch__.attention.attend(q[row:row + T], keys, values, first, W, scale, softcap))
    row = row + T
  return __torch__.attention.joined(outputs)

def attention(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], rope: Tensor,
              N: int, K: int, H: int, W: int, scale: float, softcap: float, eps: float) -> Tensor:
  # [..., M] -> [..., M]; w is qkv_proj, o_proj and, where there are, the norms of queries and keys
  qkv = __torch__.attention.heads(__torch__.linear.linear(x, w[0]), H)  # [R, N + 2K, H]
  qk = qkv[:, :N + K]
  v = qkv[:, N + K:]
  if len(w) > 2:
    factors = torch.cat([w[2][0].expand([N, H]), w[3][0].expand([K, H])])  # [N + K, H]
    qk = __torch__.norm.rms_norm(qk, [factors], eps)
  qk = __torch__.rotary.rotate(qk, rope)
  k = qk[:, N:].to(dtype=v.dtype)
  y = __torch__.attention.attend_spans(qk[:, :N], k, v, s, spans, W, scale, softcap)  # [R, N*H]
  y = __torch__.linear.linear(y, w[1])  # [R, M]
  return y.view(x.size())

def attention_alone(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], rope: Tensor,
                    N: int, K: int, H: int, W: int, scale: float, softcap: float, eps: float) -> Tensor:
  # the same in float32, as it leaves the kernels
  return __torch__.attention.attention(x, w, s, spans, rope, N, K, H, W, scale, softcap, eps).to(dtype=6)
