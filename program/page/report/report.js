// A report: a summary, and a tab for each profile and each trace. The address has the selection.

const kMostWarnings = 4;
const state = {report: null, selection: readAddress(), root: null, node: null};

const tabNow = () => state.report.tabs.find(tab => tab.mode === state.selection.name) || state.report.tabs[0];
const samplesOf = tab => tab.samples.filter(s => isChosen(s.labels, state.selection.filters));

// Another tab keeps nothing of the one before but the search.
function openTab(name, type) {
  state.selection = {...state.selection, name, type: type || '', zoom: 0, picked: '', filters: new Map()};
  redraw(true);
}

function showTabs() {
  by('tabs').textContent = '';
  const now = tabNow();
  for (const tab of state.report.tabs) {
    const button = document.createElement('button');
    button.textContent = tab.mode;
    button.dataset.tab = tab.mode;
    button.setAttribute('aria-pressed', tab === now);
    button.addEventListener('click', () => openTab(tab.mode));
    by('tabs').append(button, ' ');
  }
}

// All that follows from the selection. `isStep`: the back button undoes it.
function redraw(isStep) {
  const {report, selection} = state;
  const tab = tabNow();
  writeAddress(selection, isStep);
  showTabs();
  by('summary').hidden = tab !== report.tabs[0];
  by('view').hidden = tab === report.tabs[0];
  document.title = `${report.title}: ${tab.mode}`;
  if (tab.waits) drawTrace(tab);
  else if (tab.types) drawProfile(tab);
}

function showParts(isTrace, isDifference) {
  for (const id of ['graph', 'details', 'reset', 'upside', 'types', 'function']) by(id).hidden = isTrace;
  by('top').hidden = isTrace || isDifference;
  by('verdicts').hidden = by('scale').hidden = !isDifference;
  by('waits').hidden = !isTrace;
  by('search').value = state.selection.search;
}

function drawTrace(trace) {
  showParts(true, false);
  const {selection} = state;
  showFilters(by('filters'), itemsOfTrace(trace), selection.filters, () => redraw(true));
  const shown = drawWaits(by('waits'), trace, selection.filters, selection.search.toLowerCase());
  by('note').textContent = trace.count === 0 ? 'no thread waited'
    : `${trace.count.toLocaleString('en')} waits; the longest ${shown.toLocaleString('en')} here`;
  showComments(by('comments'), []);
  showTimes(by('times'), null);
}

function drawProfile(profile) {
  const {report, selection} = state;
  if (!profile.samples) expand(profile);
  by('details').textContent = '\u00a0';
  const type = typeIndex(profile, selection.type), {unit} = profile.types[type];
  const isDifference = profile.values.length > profile.types.length;
  const search = selection.search.toLowerCase(), samples = samplesOf(profile);
  showParts(false, isDifference);
  showTypes(by('types'), profile, type, name => { selection.type = name; redraw(true); });
  by('upside').setAttribute('aria-pressed', selection.upside);
  const items = profile.samples.map(s => ({labels: s.labels, weight: s.v[type]})).filter(i => i.weight !== 0);
  showFilters(by('filters'), items, selection.filters, () => redraw(true));
  state.root = makeTree(profile, samples, type, selection.upside);
  state.node = selection.zoom ? nodeOf(state.root, selection.zoom) : state.root;
  const view = {...(isDifference ? differenceView : {}), unit, search, onPick: zoom, onHover: (node, name) => {
    const text = (isDifference ? differenceView.textOf : valueText)(node, state.root, unit);
    by('details').textContent = [name, text, ...placesText(node.places, node.value)].join('  ');
  }};
  drawGraph(by('graph'), profile, state.root, state.node, view);
  if (isDifference) drawVerdicts(by('verdicts'), comparedOf(profile.mode, profile.types[type].type), search, pick);
  else drawTable(by('top'), makeTable(profile, samples, type), unit, search, selection.sort, row => pick(row.name));
  showFunction(profile, samples, type, report.sources, selection.picked, pick);
  const warnings = profile.comments.filter(c => !c.startsWith('# '));
  const shown = warnings.slice(0, kMostWarnings);
  if (warnings.length > shown.length) shown.push(`and ${warnings.length - shown.length} more below, under “facts of the file”`);
  by('note').textContent = [...shown, state.root.value === 0 && warnings.length === 0
    ? (selection.filters.size > 0 ? 'nothing has these labels' : 'nothing was recorded') : ''].filter(t => t).join(' · ');
  showComments(by('comments'), profile.comments);
  showTimes(by('times'), timesOf(profile.comments));
}

const comparedOf = (mode, type) => state.report.comparison.types.find(t => t.mode === mode && t.type === type);

function zoom(node) {
  state.selection.zoom = node === state.root ? 0 : node.key;
  if (node.name >= 0) state.selection.picked = tabNow().names[node.name];
  redraw(true);
}

function pick(name) {
  state.selection.picked = name;
  redraw(true);
  by('function').scrollIntoView({block: 'nearest'});
}

function begin(report) {
  state.report = report;
  report.tabs = [{mode: 'summary'}, ...report.profiles, ...report.traces];
  by('title').textContent = report.title;
  showFacts(report.facts);
  by('totals').hidden = !!report.comparison;
  if (!report.comparison) showTotals(report.profiles, openTab);
  showGates(report.comparison ? report.comparison.gates : []);
  by('changes').hidden = !report.comparison;
  if (report.comparison) showChanges(report.comparison);
  by('loading').hidden = true;
  redraw();
  performance.mark('shown');
}

// The totals of a comparison, and the functions of which something can be said.
function showChanges(comparison) {
  for (const type of comparison.types) {
    const said = {...type, functions: type.functions.filter(f => f.verdict !== 'no change seen').slice(0, 10)};
    const title = document.createElement('h2'), table = by('verdicts').cloneNode(true);
    table.removeAttribute('id');
    table.hidden = false;
    title.textContent = `${type.mode}, ${type.type}`;
    by('changes').append(title, table);
    drawVerdicts(table, said, '', name => { openTab(type.mode, type.type); pick(name); });
  }
}

by('search').addEventListener('input', event => { state.selection.search = event.target.value; redraw(); });
by('reset').addEventListener('click', () => { state.selection.zoom = 0; redraw(true); });
by('upside').addEventListener('click', () => {
  state.selection.upside = !state.selection.upside;
  state.selection.zoom = 0;
  redraw(true);
});
for (const head of by('top').tHead.rows[0].cells) {
  head.addEventListener('click', () => { state.selection.sort = head.dataset.by; redraw(); });
}
window.addEventListener('resize', () => { if (state.report) redraw(); });
window.addEventListener('popstate', () => {
  state.selection = readAddress();
  if (state.report) redraw();
});
unpack(by('data').textContent).then(begin, error => {
  by('loading').textContent = `This browser cannot read the report: ${error.message}`;
});
