"""advance(config, memory, readings, now) → Step: everything that is decided, in order, pure.

readings → health → items → matches → stories → signals → levels → coverage → assessments → alerts →
deliveries. Live polling, `iwmon poll` and replay all come through here. `items` judges what a feed
says of itself, `evidence` makes signals, `reviews` applies what people said, `levels` settles each
indicator, `judging` assesses each judgement.
"""

from iwmon.pipeline.advance import advance
from iwmon.pipeline.items import as_of, identify, item_id, newest

__all__ = ["advance", "as_of", "identify", "item_id", "newest"]
