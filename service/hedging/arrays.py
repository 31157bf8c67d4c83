"""Arrays as the mathematics hands them on; whoever imports this brings numpy along."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
