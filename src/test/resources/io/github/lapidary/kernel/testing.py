# Kernels that tests need.

def fill(x: Tensor, numbers: Tensor, first: List[int]) -> Tensor:
  # x [K, S, H]: fills the positions from first on with numbers [T], in place
  x[:, first[0]:first[0] + numbers.size(0)] = numbers.view([1, -1, 1])
  return x
