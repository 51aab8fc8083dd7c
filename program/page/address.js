// The selection as the address has it, so that a reload and a shared address show the same. The part
// behind # is not sent to the server.

function readAddress() {
  const words = new URLSearchParams(location.hash.slice(1));
  const filters = new Map();
  for (const [key, value] of words) if (key.startsWith('f.')) filters.set(key.slice(2), value);
  return {
    name: words.get('profile') || '',
    seconds: Math.min(3600, Math.max(0, Number(words.get('seconds')) || 0)),
    type: words.get('type') || '',
    search: words.get('search') || '',
    sort: ['cum', 'name'].includes(words.get('sort')) ? words.get('sort') : 'flat',
    upside: words.get('callers') === '1',
    zoom: Number(words.get('zoom')) || 0,
    picked: words.get('function') || '',
    filters,
  };
}

// With `isStep` the browser's back button comes back to what was shown before.
function writeAddress(selection, isStep) {
  const words = new URLSearchParams({profile: selection.name});
  if (selection.seconds > 0) words.set('seconds', selection.seconds);
  if (selection.type) words.set('type', selection.type);
  if (selection.search) words.set('search', selection.search);
  if (selection.sort !== 'flat') words.set('sort', selection.sort);
  if (selection.upside) words.set('callers', '1');
  if (selection.zoom) words.set('zoom', selection.zoom);
  if (selection.picked) words.set('function', selection.picked);
  for (const [key, value] of selection.filters) words.set('f.' + key, value);
  if (isStep && '#' + words !== location.hash) history.pushState(null, '', '#' + words);
  else history.replaceState(null, '', '#' + words);
}
