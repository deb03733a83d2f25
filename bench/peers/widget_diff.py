"""Costs of an update with chatkit-python: states as JSON on stdin, the mean of each update as JSON on stdout."""

import json
import sys
import time
import warnings

from pydantic import TypeAdapter

from chatkit.server import diff_widget
from chatkit.types import ThreadItemUpdatedEvent
from chatkit.widgets import WidgetRoot

warnings.simplefilter("ignore")

adapter = TypeAdapter(WidgetRoot)
states = json.load(sys.stdin)
last = adapter.validate_python(states[0])
size = updates = 0
started = time.process_time()
for state in states[1:]:
    after = adapter.validate_python(state)
    for update in diff_widget(last, after):
        event = ThreadItemUpdatedEvent(item_id="wdg", update=update)
        size += len(event.model_dump_json(by_alias=True, exclude_none=True).encode())
        updates += 1
    last = after
spent = time.process_time() - started
print(json.dumps({"microseconds": spent * 1e6 / updates, "bytes": size / updates, "updates": updates}))
