import type { OptimisticLocalStore } from 'convex/browser'
import type { FunctionArgs } from 'convex/server'
import type { Doc } from '../convex/_generated/dataModel'
import { api } from '../convex/_generated/api'

type Songs = Doc<'songs'>[]

function update(store: OptimisticLocalStore, change: (songs: Songs) => Songs): void {
  const songs = store.getQuery(api.songs.list)
  if (songs)
    store.setQuery(api.songs.list, {}, change(songs))
}

// #region snippet
export function likeInList(
  store: OptimisticLocalStore,
  { id, isLiked }: FunctionArgs<typeof api.songs.like>,
): void {
  update(store, songs => songs.map(song =>
    song._id === id ? { ...song, isLiked } : song))
}

export function renameInList(
  store: OptimisticLocalStore,
  { id, title }: FunctionArgs<typeof api.songs.rename>,
): void {
  update(store, songs => songs.map(song =>
    song._id === id ? { ...song, title } : song))
}

export function moveInList(
  store: OptimisticLocalStore,
  { id, by }: FunctionArgs<typeof api.songs.move>,
): void {
  update(store, (songs) => {
    const from = songs.findIndex(song => song._id === id)
    if (!songs[from + by])
      return songs
    const moved = songs.toSpliced(from, 1)
    return moved.toSpliced(from + by, 0, songs[from]!)
  })
}
// #endregion
