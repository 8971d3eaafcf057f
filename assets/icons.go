package assets

// Icon names one drawing of the icons folder: a grid of 24, strokes of 2, no fill.
type Icon string

// The icons, each equal to its file's name. A test keeps the two lists equal.
const (
	IconWater       Icon = "water"
	IconElectricity Icon = "electricity"
	IconRoads       Icon = "roads"
	IconRubbish     Icon = "rubbish"
	IconSchool      Icon = "school"
	IconHealth      Icon = "health"
	IconPolice      Icon = "police"
	IconLand        Icon = "land"
	IconAllKinds    Icon = "all-kinds"
	IconStreetlight Icon = "streetlight"
	IconTransport   Icon = "transport"
	IconPrices      Icon = "prices"
	IconAnimals     Icon = "animals"
	IconPencil      Icon = "pencil"
	IconPhone       Icon = "phone"
	IconCloudTick   Icon = "cloud-tick"
	IconCloudOff    Icon = "cloud-off"
	IconClock       Icon = "clock"
	IconQuestion    Icon = "question"
	IconTick        Icon = "tick"
	IconTickCircle  Icon = "tick-circle"
	IconCross       Icon = "cross"
	IconCrossCircle Icon = "cross-circle"
	IconBox         Icon = "box"
	IconArrowUp     Icon = "arrow-up"
	IconArrowDown   Icon = "arrow-down"
	IconTriangle    Icon = "triangle"
	IconLoop        Icon = "loop"
	IconStepsUp     Icon = "steps-up"
	IconBack        Icon = "back"
	IconNext        Icon = "next"
	IconChevron     Icon = "chevron"
	IconChevronDown Icon = "chevron-down"
	IconChevronUp   Icon = "chevron-up"
	IconHome        Icon = "home"
	IconCases       Icon = "cases"
	IconServices    Icon = "services"
	IconInfo        Icon = "info"
	IconMore        Icon = "more"
	IconDots        Icon = "dots"
	IconSearch      Icon = "search"
	IconCamera      Icon = "camera"
	IconMicrophone  Icon = "microphone"
	IconSync        Icon = "sync"
	IconList        Icon = "list"
	IconSend        Icon = "send"
	IconSettings    Icon = "settings"
	IconLanguage    Icon = "language"
	IconPerson      Icon = "person"
	IconPeople      Icon = "people"
	IconOffice      Icon = "office"
	IconQR          Icon = "qr"
	IconShare       Icon = "share"
	IconSave        Icon = "save"
	IconBell        Icon = "bell"
	IconMessage     Icon = "message"
	IconDocument    Icon = "document"
	IconInbox       Icon = "inbox"
	IconPlus        Icon = "plus"
	IconMinus       Icon = "minus"
	IconTransfer    Icon = "transfer"
	IconChart       Icon = "chart"
	IconEye         Icon = "eye"
	IconEyeOff      Icon = "eye-off"
	IconLock        Icon = "lock"
	IconKey         Icon = "key"
	IconPin         Icon = "pin"
	IconCalendar    Icon = "calendar"
	IconFilter      Icon = "filter"
	IconSort        Icon = "sort"
	IconUndo        Icon = "undo"
	IconAttach      Icon = "attach"
	IconImage       Icon = "image"
	IconTrash       Icon = "trash"
	IconStar        Icon = "star"
	IconFlag        Icon = "flag"
	IconMegaphone   Icon = "megaphone"
	IconBriefcase   Icon = "briefcase"
	IconCard        Icon = "card"
	IconSun         Icon = "sun"
	IconMoon        Icon = "moon"
	IconTextSize    Icon = "text-size"
	IconHelp        Icon = "help"
	IconSignOut     Icon = "sign-out"
	IconHand        Icon = "hand"
	IconFace1       Icon = "face-1"
	IconFace2       Icon = "face-2"
	IconFace3       Icon = "face-3"
	IconFace4       Icon = "face-4"
	IconFace5       Icon = "face-5"
	IconMark        Icon = "mark"
)

// Icons lists every icon, in the order of the gallery.
func Icons() []Icon {
	return []Icon{
		IconWater,
		IconElectricity,
		IconRoads,
		IconRubbish,
		IconSchool,
		IconHealth,
		IconPolice,
		IconLand,
		IconAllKinds,
		IconStreetlight,
		IconTransport,
		IconPrices,
		IconAnimals,
		IconPencil,
		IconPhone,
		IconCloudTick,
		IconCloudOff,
		IconClock,
		IconQuestion,
		IconTick,
		IconTickCircle,
		IconCross,
		IconCrossCircle,
		IconBox,
		IconArrowUp,
		IconArrowDown,
		IconTriangle,
		IconLoop,
		IconStepsUp,
		IconBack,
		IconNext,
		IconChevron,
		IconChevronDown,
		IconChevronUp,
		IconHome,
		IconCases,
		IconServices,
		IconInfo,
		IconMore,
		IconDots,
		IconSearch,
		IconCamera,
		IconMicrophone,
		IconSync,
		IconList,
		IconSend,
		IconSettings,
		IconLanguage,
		IconPerson,
		IconPeople,
		IconOffice,
		IconQR,
		IconShare,
		IconSave,
		IconBell,
		IconMessage,
		IconDocument,
		IconInbox,
		IconPlus,
		IconMinus,
		IconTransfer,
		IconChart,
		IconEye,
		IconEyeOff,
		IconLock,
		IconKey,
		IconPin,
		IconCalendar,
		IconFilter,
		IconSort,
		IconUndo,
		IconAttach,
		IconImage,
		IconTrash,
		IconStar,
		IconFlag,
		IconMegaphone,
		IconBriefcase,
		IconCard,
		IconSun,
		IconMoon,
		IconTextSize,
		IconHelp,
		IconSignOut,
		IconHand,
		IconFace1,
		IconFace2,
		IconFace3,
		IconFace4,
		IconFace5,
		IconMark,
	}
}

// Mirrored reports whether the icon points along the reading direction, so that it
// is flipped where lines run from right to left. Clocks, ticks, cameras and the
// like are the same everywhere.
func (i Icon) Mirrored() bool {
	switch i {
	case IconBack, IconNext, IconChevron, IconSend, IconList, IconUndo, IconSignOut, IconStepsUp:
		return true
	}
	return false
}
