package teams

// Remembered is how many values a Recent keeps.
const Remembered = remembered

// Recent is what keeps chats, rosters and cards.
type Recent struct{ r recent[int] }

// Put keeps v.
func (r *Recent) Put(key string, v int) { r.r.put(key, v) }

// Get is what was kept.
func (r *Recent) Get(key string) (int, bool) { return r.r.get(key) }

// Drop forgets.
func (r *Recent) Drop(key string) { r.r.drop(key) }
