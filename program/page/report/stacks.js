// The report's data, packed in the file itself, and its samples as the graph wants them.

// Of gzip'd bytes in base64.
async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(unpacked).json();
}

// program/report/stack_data.h says what the fields are. A comparison has two sides, the base first.
function expand(profile) {
  const stackOf = leaf => {
    const stack = [];
    for (let at = leaf; at > 0; at -= profile.parents[at - 1]) stack.push(profile.frames[at - 1]);
    return stack.reverse();
  };
  const count = profile.types.length;
  let node = 0;
  profile.samples = profile.nodes.map((step, i) => {
    node += step;
    const side = number => profile.values.slice(number * count, (number + 1) * count).map(column => column[i]);
    const sample = {s: stackOf(node), labels: profile.sets[profile.marks[i]].map(l => profile.labels[l])};
    if (profile.values.length > count) sample.b = side(0);
    sample.v = side(profile.values.length > count ? 1 : 0);
    return sample;
  });
  findFunctions(profile);
}
