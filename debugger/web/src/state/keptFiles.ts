// Files that were opened, kept by the browser, so that a reload and Back find them. They are not sent anywhere.
const DATABASE = "swaparoo-debugger";
const STORE = "files";
/// The most files that are kept; older ones are removed.
const MOST = 10;

/// Keeps a file, and returns its id; none if the browser keeps nothing.
export async function keep(file: File): Promise<string | undefined> {
  try {
    const store = await open("readwrite");
    const id = String(await done(store.add(file)));
    const ids = await done(store.getAllKeys());
    for (const old of ids.slice(0, Math.max(0, ids.length - MOST))) store.delete(old);
    return id;
  } catch {
    return undefined;
  }
}

export async function kept(id: string): Promise<File> {
  const file = await open("readonly").then((store) => done(store.get(Number(id)))).catch(() => undefined);
  if (!(file instanceof File)) throw new Error("the file of this address is not kept in this browser: open it again");
  return file;
}

async function open(mode: IDBTransactionMode): Promise<IDBObjectStore> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { autoIncrement: true });
  return (await done(request)).transaction(STORE, mode).objectStore(STORE);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser's storage fails"));
  });
}
