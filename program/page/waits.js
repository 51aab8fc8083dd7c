// The longest waits of a trace, and the trace itself as a file for ui.perfetto.dev.

const kMostRows = 200;

const labelsOfWait = wait => [['thread', wait.thread], ['tid', String(wait.tid)], ['kind', wait.kind]];
const itemsOfTrace = trace => trace.waits.map(w => ({labels: labelsOfWait(w), weight: w.seconds}));

// The recording that the table shows, not another one.
function fileOfTrace(trace) {
  const bytes = Uint8Array.from(atob(trace.file), c => c.charCodeAt(0));
  return URL.createObjectURL(new Blob([bytes], {type: 'application/octet-stream'}));
}

// The call that waits is named beside it.
const callerOf = wait => wait.stack.find(([name]) => !name.startsWith('[') && name !== wait.kind);

function cellOfStack(wait) {
  if (wait.stack.length === 0) {
    return document.createTextNode(wait.open ? 'it waits still: “threads” has its stack' : '');
  }
  const details = document.createElement('details');
  const summary = document.createElement('summary');
  const [name, place] = callerOf(wait) || wait.stack[0];
  summary.textContent = `${name}  ${place.slice(place.lastIndexOf('/') + 1)}`;
  summary.title = place;
  const stack = document.createElement('pre');
  stack.textContent = wait.stack.map(([f, at]) => at ? `${f}  ${at}` : f).join('\n');
  details.append(summary, stack);
  return details;
}

// Gives how many there are to show.
function drawWaits(table, trace, filters, search) {
  const body = table.tBodies[0];
  body.textContent = '';
  const shown = trace.waits.filter(w => isChosen(labelsOfWait(w), filters) &&
    (!search || w.stack.some(([name]) => name.toLowerCase().includes(search))));
  for (const wait of shown.slice(0, kMostRows)) {
    const row = body.insertRow();
    const length = unitText(Math.round(wait.seconds * 1e9), 'nanoseconds');
    for (const text of [wait.open ? `${length}, still` : length, `${wait.thread} ${wait.tid}`, wait.kind,
      `-${wait.before_end.toFixed(3)} s`]) {
      row.insertCell().textContent = text;
    }
    row.insertCell().append(cellOfStack(wait));
  }
  return shown.length;
}
