# Causal attention with relative positions (Raffel et al., arXiv 1910.10683), as GLaM has it: each head
# adds to a score a bias of its own for the distance between query and key. Distances share buckets.
# R rows, T tokens of one sequence, N heads, H head size, S keys, M width, B buckets, D the distance
# from which on all share the last bucket, L the longest sequence of a pass.

def buckets_of(distance: Tensor, B: int, D: int) -> Tensor:
  # one for each of the first B / 2 distances, and then ever wider ones, whose borders grow as powers:
  # distances [n] from 0 on -> [n]
  half = B // 2
  far = torch.log(torch.clamp_min(distance, 1).to(dtype=6) / half) / torch.log(D / half) * (B - half)
  far = torch.clamp_max(far.to(dtype=4) + half, B - 1)
  return torch.where(distance < half, distance, far)

def buckets(like: Tensor, length: List[int], B: int, D: int) -> Tensor:
  # those of distances L - 1 down to 0 -> [L]
  return __torch__.relative.buckets_of(torch.arange(length[0] - 1, -1, -1, device=like.device), B, D)

def biases_alone(distance: Tensor, w: List[List[Tensor]], B: int, D: int) -> Tensor:
  # what each head adds at distances [...], w [[[B, N]]] -> [..., N] float32
  return torch.embedding(w[0][0].to(dtype=6), __torch__.relative.buckets_of(distance, B, D))

def biases(w: List[Tensor], buckets: Tensor, S: int) -> Tensor:
  # of distances S - 1 down to 0: w [[B, N]], buckets [L] -> [N, S] float32
  nearest = torch.slice(buckets, 0, buckets.size(0) - S)
  return torch.index_select(w[0].to(dtype=6).t(), 1, nearest)

def band(b: Tensor, n: int) -> Tensor:
  # what the last n of S queries add to their scores, the last query first: b [N, S] -> [N, n, S]. A
  # query is one key further from each than the query before it, so that rows are the same numbers,
  # one place along, and are not copied. Later keys are not seen.
  if n > 1:
    b = torch.constant_pad_nd(b, [0, n - 1], -inf)
  return torch.unfold(b, 1, b.size(1) - n + 1, 1)

def share(sums: Tensor, extra: List[float]) -> Tensor:
  # what keys have of a softmax that has one more logit, if extra has one; sums are theirs, as logs
  return torch.sigmoid(sums - extra[0])

def plain(q: Tensor, keys: Tensor, values: Tensor, b: Tensor, scale: float, extra: List[float]) -> Tensor:
  # softmax(q keys^T scale + biases) values: q [N, n, H], the last n of S queries, the last query first,
  # keys and values [N, S, H], b [N, S] -> [N, n, H]. Products with few rows of bfloat16 would be slower
  # than those of float32.
  type = values.dtype
  if q.size(1) < 16:
    keys = keys.to(dtype=6)
    values = values.to(dtype=6)
  s = torch.matmul((q.to(dtype=6) * scale).to(dtype=keys.dtype), keys.transpose(1, 2)).to(dtype=6)
  s = s + __torch__.relative.band(b, q.size(1))  # [N, n, S]
  p = torch.softmax(s, -1)
  if len(extra) > 0:
    p = p * __torch__.relative.share(torch.logsumexp(s, [-1], True), extra)
  return torch.matmul(p.to(dtype=values.dtype), values).to(dtype=type)

def fused(q: Tensor, keys: Tensor, values: Tensor, b: Tensor, scale: float, extra: List[float]) -> Tensor:
  # the same by the engine's function for CPUs, which never holds the scores, and sums up what it
  # divides by. Its gradients leave out those of biases and sums.
  mask = torch.unsqueeze(__torch__.relative.band(b, q.size(1)), 0)  # [1, N, n, S]
  q = torch.unsqueeze(q.to(dtype=keys.dtype), 0)  # [1, N, n, H]
  y, sums = torch._scaled_dot_product_flash_attention_for_cpu(
      q, torch.unsqueeze(keys, 0), torch.unsqueeze(values, 0), 0., False, attn_mask=mask, scale=scale)
  if len(extra) > 0:
    y = y * torch.unsqueeze(__torch__.relative.share(sums, extra), -1).to(dtype=y.dtype)
  return torch.squeeze(y, 0)

def attend(q: Tensor, keys: Tensor, values: Tensor, b: Tensor, scale: float, extra: List[float]) -> Tensor:
  # q [T, N, H], the last of S queries, keys and values [N, S, H], b [N, S] -> [T, N*H]: blocks of
  # 256 queries, each over the keys up to its last
  T, N, H = q.size()
  q = q.transpose(0, 1)  # [N, T, H]
  fuses = torch.__and__(torch.is_inference(q), torch.__and__(q.is_cpu, __torch__.engine.attends_well()))
  outputs = annotate(List[Tensor], [])
  for block in range((T + 255) // 256):
    start = block * 256
    n = min(256, T - start)
    after = T - start - n
    S = keys.size(1) - after
    part = torch.flip(__torch__.tokens.part(q, 1, start, start + n), [1])
    k = __torch__.tokens.part(keys, 1, 0, S)
    v = __torch__.tokens.part(values, 1, 0, S)
    nearer = __torch__.tokens.part(b, 1, after, after + S)
    if fuses:
      y = __torch__.relative.fused(part, k, v, nearer, scale, extra)
    else:
      y = __torch__.relative.plain(part, k, v, nearer, scale, extra)
    _0 = torch.append(outputs, torch.flip(y, [1]))
  return __torch__.attention.joined(outputs, 1).transpose(0, 1).reshape([T, N * H])

def attention(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], buckets: Tensor,
              N: int, H: int, scale: float, extra: List[float]) -> Tensor:
  # [..., M] -> [..., M]; extra is one more logit without a value, or nothing
  qkv_proj, o_proj, relative_attention_bias = w
  qkv = __torch__.attention.heads(__torch__.linear.linear(x, qkv_proj), H)  # [R, 3N, H]
  outputs = annotate(List[Tensor], [])
  rows = __torch__.tokens.of_sequences(qkv, spans)
  for i in range(len(rows)):
    q, k, v = torch.chunk(rows[i], 3, 1)
    keys, values = __torch__.attention.remembered(k, v, s, spans, i)
    b = __torch__.relative.biases(relative_attention_bias, buckets, keys.size(1))
    _0 = torch.append(outputs, __torch__.relative.attend(q, keys, values, b, scale, extra))
  y = __torch__.linear.linear(__torch__.attention.joined(outputs, 0), o_proj)  # [R, M]
  return y.view(x.size())

def attention_alone(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], buckets: Tensor,
                    N: int, H: int, scale: float, extra: List[float]) -> Tensor:
  # the same in float32, as it leaves the kernels
  return __torch__.relative.attention(x, w, s, spans, buckets, N, H, scale, extra).to(dtype=6)
