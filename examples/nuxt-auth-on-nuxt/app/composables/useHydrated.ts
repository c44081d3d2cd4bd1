/** Whether the page reacts to clicks and input: before that, both would be lost. */
export function useHydrated() {
  const isHydrated = ref(false)
  onMounted(() => {
    isHydrated.value = true
  })
  return isHydrated
}
