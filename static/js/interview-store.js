/* What an interview keeps on the phone until the server has it: words in localStorage, pictures in IndexedDB. */
window.InterviewStore = (caseId) => {
  "use strict";
  const place = `interview:${caseId}`;
  const memory = new Map(); // pictures of a browser that keeps no database, as in a private window

  const database = new Promise((resolve) => {
    if (!window.indexedDB) return resolve(null);
    const asked = indexedDB.open("interview", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("pictures", { keyPath: "key" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => resolve(null);
  });

  const ask = async (mode, act) => {
    const found = await database;
    if (!found) return null;
    return new Promise((resolve) => {
      const request = act(found.transaction("pictures", mode).objectStore("pictures"));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
    });
  };

  return {
    words() {
      try { return JSON.parse(localStorage.getItem(place)) || {}; } catch { return {}; }
    },
    keepWords(fields) {
      try {
        if (Object.keys(fields).length) localStorage.setItem(place, JSON.stringify(fields));
        else localStorage.removeItem(place);
      } catch { /* a full or forbidden store: the page itself still holds them */ }
    },
    async pictures() {
      const kept = (await ask("readonly", (store) => store.getAll())) || [];
      return [...kept.filter((row) => row.caseId === caseId), ...memory.values()];
    },
    async keepPicture(row) {
      const kept = await ask("readwrite", (store) => store.put({ ...row, caseId }));
      if (kept === null) memory.set(row.key, row);
    },
    async dropPicture(key) {
      memory.delete(key);
      await ask("readwrite", (store) => store.delete(key));
    },
  };
};
