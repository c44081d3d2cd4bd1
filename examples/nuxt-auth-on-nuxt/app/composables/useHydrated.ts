/** Whether the page reacts to clicks: a click on a rendered button before that would be lost. */
export function useHydrated() {
  const isHydrated = ref(false)
  onMounted(() => {
    isHydrated.value = true
  })
  return isHydrated
}
