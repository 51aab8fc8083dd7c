// `selection` is what the address has; `data` is the answer that it was drawn of.
const state = {facts: null, selection: readAddress(), data: null, root: null, node: null, request: null, file: ''};

async function loadFacts() {
  const answer = await fetch('?format=json');
  if (!answer.ok) return;
  state.facts = await answer.json();
  showFacts();
}

// The path of a profile, seen from the page. A profile's name may hold any characters: `./` and the
// encoding keep it from being read as a scheme, another path or a query.
function pathOf(name, query) {
  return `./${encodeURIComponent(name)}${query ? '?' + query : ''}`;
}

function link(text, href) {
  const a = document.createElement('a');
  a.textContent = text;
  a.href = href;
  return a;
}

function button(text, action) {
  const b = document.createElement('button');
  b.textContent = text;
  b.addEventListener('click', action);
  return b;
}

// Rows stay: one that is replaced between a press and its release is not clicked.
function rowOf(mode) {
  const body = by('profiles');
  const there = [...body.rows].find(r => r.dataset.mode === mode.name);
  if (there) return there;
  const row = body.insertRow();
  row.dataset.mode = mode.name;
  const cell = row.insertCell();
  const name = mode.name === 'cpu' ? 'profile' : mode.name;
  cell.append(mode.window ? document.createTextNode(name) : link(name, pathOf(name, 'debug=1')));
  const dot = document.createElement('span');
  dot.className = 'dot';
  dot.textContent = ' ●';
  dot.title = 'records now';
  cell.append(dot);
  row.insertCell();
  const buttons = row.insertCell();
  const select = seconds => show({...readAddress(), name, seconds, type: '', zoom: 0, filters: new Map()});
  if (!mode.window) buttons.append(button('show', () => select(0)), ' ');
  if (mode.name !== 'threads') {
    buttons.append(button('record', () => select(Number(by('seconds').value) || 5)));
  }
  const about = row.insertCell();
  about.className = 'about';
  about.textContent = mode.about;
  return row;
}

function showTitle() {
  const {facts, data, selection} = state;
  const program = facts && facts.pid ? `${facts.program} (${facts.pid})` : 'the process has ended';
  by('program').textContent = program;
  document.title = data ? `${program} ${selection.name}` : `${program} /debug/pprof/`;
}

function showFacts() {
  const {facts} = state;
  showTitle();
  const nav = by('processes');
  nav.textContent = '';
  for (const p of facts.processes.length > 1 ? facts.processes : []) {
    nav.append(link(`${p.program} ${p.pid}`, `/${Number(p.pid)}/debug/pprof/`));
  }
  for (const mode of facts.modes) {
    const row = rowOf(mode);
    row.cells[1].textContent = mode.count === null ? '—' : `${mode.count.toLocaleString('en')} ${mode.of}`;
    row.cells[1].title = mode.count === null ? 'it does not record' : '';
    row.querySelector('.dot').hidden = !mode.armed;
  }
  showLedger(facts.ledger);
  by('command').textContent =
    `go tool pprof -http=: ${location.origin}${location.pathname}profile?seconds=30`;
}

// Whatever was asked for before is not waited for any more.
async function show(selection) {
  const {name, seconds} = selection;
  if (state.request) state.request.abort();
  const request = state.request = new AbortController();
  const query = seconds > 0 ? `seconds=${seconds}` : '';
  if (seconds > 0) sayRecording(name, seconds, () => { request.abort(); say(''); });
  else say(`fetching ${name} …`);
  setTimeout(() => loadFacts().catch(() => {}), 300);
  try {
    const answer = await fetch(pathOf(name, `${query}&format=json`), {signal: request.signal});
    if (!answer.ok) return say(`${name}: ${await answer.text()}`, true);
    state.data = await answer.json();
  } catch (error) {
    return request.signal.aborted ? undefined : say(`${name}: ${error.message}`, true);
  }
  state.selection = selection;
  begin();
  say('');
}

function begin() {
  const {data, selection} = state;
  const isTrace = !!data.waits;
  URL.revokeObjectURL(state.file);
  state.file = isTrace ? fileOfTrace(data) : '';
  const isRecorded = selection.seconds > 0;
  by('download').href = isTrace ? state.file : pathOf(selection.name, isRecorded ? `seconds=${selection.seconds}` : '');
  by('download').download = isTrace ? `${state.facts ? state.facts.program : 'a'}.pftrace` : '';
  by('download').textContent = isTrace ? 'download for ui.perfetto.dev'
    : isRecorded ? `download (records ${selection.seconds} s anew)` : 'download';
  by('what').textContent = isRecorded ? `${selection.name}, ${selection.seconds} s` : selection.name;
  for (const id of ['graph', 'details', 'top', 'reset', 'upside', 'types']) by(id).hidden = isTrace;
  by('waits').hidden = !isTrace;
  by('search').value = selection.search;
  by('view').hidden = false;
  if (!isTrace) {
    findFunctions(data);
    for (const sample of data.samples) sample.labels = sample.l.map(i => data.labels[i]);
  }
  redraw();
  const top = by('view').getBoundingClientRect().top;
  if (top < 0 || top > window.innerHeight / 2) by('view').scrollIntoView();
}

const typeNow = () => typeIndex(state.data, state.selection.type);
const unit = () => state.data.types[typeNow()].unit;
const samplesNow = () => state.data.samples.filter(s => isChosen(s.labels, state.selection.filters));

// All that follows from the selection.
function redraw() {
  const {data, selection} = state;
  const type = data.waits ? 0 : typeNow();
  const items = data.waits ? itemsOfTrace(data)
    : data.samples.map(s => ({labels: s.labels, weight: s.v[type]})).filter(i => i.weight !== 0);
  showFilters(by('filters'), items, selection.filters, redraw);
  if (!data.waits) {
    showTypes(by('types'), data, type, name => { selection.type = name; redraw(); });
    by('upside').setAttribute('aria-pressed', selection.upside);
    state.root = makeTree(data, samplesNow(), type, selection.upside);
    state.node = selection.zoom ? nodeOf(state.root, selection.zoom) : state.root;
  }
  draw();
}

function draw() {
  const {data, root, selection} = state;
  const search = selection.search.toLowerCase();
  writeAddress(selection);
  showTitle();
  if (data.waits) {
    const shown = drawWaits(by('waits'), data, selection.filters, search);
    by('note').textContent = data.count === 0 ? 'no thread waited'
      : `${data.count.toLocaleString('en')} waits; the longest ${shown.toLocaleString('en')} here, all in the file`;
    return;
  }
  const notes = data.comments.filter(c => !c.startsWith('#'));
  const empty = selection.filters.size > 0 ? 'nothing has these labels' : 'nothing was recorded';
  by('note').textContent = root.value === 0 ? (notes.join(' · ') || empty) : notes.join(' · ');
  drawGraph(by('graph'), data, root, state.node, {unit: unit(), search, onPick: pick, onHover: (node, name) => {
    by('details').textContent = [name, valueText(node, root, unit()), ...placesText(node.places, node.value)].join('  ');
  }});
  drawTop(search);
}

function pick(node) {
  state.node = node;
  state.selection.zoom = node.key;
  draw();
}

function drawTop(search) {
  drawTable(by('top'), makeTable(state.data, samplesNow(), typeNow()), unit(), search, state.selection.sort,
    row => { by('search').value = row.name; searchFor(row.name); });
}

function searchFor(text) {
  state.selection.search = text;
  draw();
}

function restore() {
  const selection = readAddress();
  if (selection.seconds > 0) by('seconds').value = selection.seconds;
  if (selection.name) show(selection);
}

by('search').addEventListener('input', event => searchFor(event.target.value));
by('reset').addEventListener('click', () => pick(state.root));
by('upside').addEventListener('click', () => {
  state.selection.upside = !state.selection.upside;
  state.selection.zoom = 0;
  redraw();
});
for (const head of by('top').tHead.rows[0].cells) {
  head.addEventListener('click', () => { state.selection.sort = head.dataset.by; draw(); });
}
window.addEventListener('resize', () => { if (state.data) draw(); });
window.addEventListener('hashchange', restore);
setInterval(() => { if (!document.hidden) loadFacts().catch(() => {}); }, 3000);
loadFacts().catch(() => {});
restore();
