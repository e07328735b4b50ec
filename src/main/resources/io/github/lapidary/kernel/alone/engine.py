# The same where MKL, which the engine multiplies with when oneDNN is not asked, was not made for the
# processor.

def attends_well() -> bool:
  return False

def rows_at_once() -> int:
  return 8

def multiplies_vectors_well() -> bool:
  return False

def fewest_rows() -> int:
  return 6
